# The compiler, and flags of every target. Warnings are errors where MEDLEY_WERROR=ON is in the
# environment when a preset is configured, as .ci/run has it.

# Readers of files do not care how fast the kernels are, and elsewhere than on x86 there is one instruction set.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
    AND NOT MEDLEY_FUZZ)
  message(FATAL_ERROR "Clang ignores `#pragma GCC target`, which compiles the CPU kernels for AVX2 and "
    "AVX-512 (kernels/cpu/for_each_isa.h). They would have no AVX instruction and be several times "
    "slower, without a warning. Compile with GCC: configure with --fresh -D CMAKE_CXX_COMPILER=g++")
endif()

find_program(MEDLEY_CCACHE ccache)
if(MEDLEY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MEDLEY_CCACHE})
endif()

add_library(medley_options INTERFACE)
target_compile_features(medley_options INTERFACE cxx_std_20)
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-psabi)  # vectors wider than the baseline's are passed between inlined functions only
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  list(APPEND warnings -Wno-restrict)  # GCC 12 reports every "literal" + std::string (its bug 105651)
endif()
# Not for nvcc, which has its own: what it hands to the host compiler is not the source.
target_compile_options(medley_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${warnings};-fno-math-errno>")
if(MEDLEY_SANITIZE)
  # -O1 -g1: line numbers in reports, at a third of the time that -O3 -g takes to compile.
  add_compile_options(-fsanitize=${MEDLEY_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${MEDLEY_SANITIZE})
endif()
if(MEDLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # The checks that sanitizers insert add paths on which GCC's flow analysis sees values that cannot
  # be there.
  target_compile_options(medley_options INTERFACE -Wno-error=maybe-uninitialized
    -Wno-error=array-bounds -Wno-error=stringop-overflow -Wno-error=stringop-overread
    -Wno-error=nonnull -Wno-error=null-dereference)
endif()
