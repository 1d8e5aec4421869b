# CUDA in three ways (MEDLEY_CUDA):
#   OFF      none
#   ON       nvcc compiles kernels/cuda/*.cu; core/cuda speaks to the CUDA runtime
#   EMULATE  the host compiler compiles the same sources, kernels/cuda/emulator runs them on the CPU
set(MEDLEY_CUDA OFF CACHE STRING "CUDA kernels: OFF, ON (needs nvcc) or EMULATE (on the CPU)")
set_property(CACHE MEDLEY_CUDA PROPERTY STRINGS OFF ON EMULATE)
if(NOT MEDLEY_CUDA MATCHES "^(OFF|ON|EMULATE)$")
  message(FATAL_ERROR "MEDLEY_CUDA is '${MEDLEY_CUDA}': use OFF, ON or EMULATE")
endif()

# How .cu files of a target are compiled: by nvcc, or as C++ for the emulator. There as nvcc does it:
# "#pragma unroll" is known, and memory may be read as another type than it was written as.
function(medley_cuda_sources target)
  if(MEDLEY_CUDA STREQUAL EMULATE)
    set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX
      COMPILE_OPTIONS "-x;c++;-Wno-unknown-pragmas;-fno-strict-aliasing")
  else()
    # The target may be older than the language, so it does not have them from the variable.
    set_target_properties(${target} PROPERTIES
      CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}" CUDA_STANDARD 20)
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo>")
  endif()
endfunction()

# core/cuda: what every backend shares, and the one backend.
set(core_cuda ${PROJECT_SOURCE_DIR}/core/cuda)
file(GLOB sources CONFIGURE_DEPENDS ${core_cuda}/*.cpp)
list(FILTER sources EXCLUDE REGEX "/(none|runtime|emulated|device_region)\\.cpp$")
target_sources(medley_core PRIVATE ${sources})

# cuDNN is opened when the program runs; only its headers are needed here.
set(cudnn ${PROJECT_SOURCE_DIR}/kernels/cuda/cudnn)
set(cudnn_sources ${cudnn}/selection.cpp ${cudnn}/none.cpp)

file(GLOB cuda_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cu)
if(MEDLEY_CUDA STREQUAL EMULATE)
  file(GLOB emulator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/emulator/*.cpp)
  medley_cuda_sources(medley_kernels ${cuda_kernels})
  target_sources(medley_kernels PRIVATE ${cuda_kernels} ${emulator} ${cudnn_sources})
  target_sources(medley_core PRIVATE ${core_cuda}/emulated.cpp ${core_cuda}/device_region.cpp)
  target_compile_definitions(medley_core PUBLIC MEDLEY_CUDA=1 MEDLEY_CUDA_EMULATED=1)
elseif(MEDLEY_CUDA STREQUAL ON)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90a-real 90-virtual)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "MEDLEY_CUDA=ON needs nvcc, and there is none in PATH. Install the CUDA "
      "toolkit (12.4 or newer), or set CUDACXX to nvcc; without it MEDLEY_CUDA=EMULATE compiles "
      "the kernels for the CPU.")
  endif()
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  enable_language(CUDA)
  set(CMAKE_CUDA_FLAGS_RELEASE "-O3")  # as for C++: asserts stay on
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc has it
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
  find_package(CUDAToolkit REQUIRED)
  find_path(MEDLEY_CUDNN_INCLUDE cudnn_graph.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  mark_as_advanced(MEDLEY_CUDNN_INCLUDE)
  if(MEDLEY_CUDNN_INCLUDE)
    file(GLOB cudnn_sources CONFIGURE_DEPENDS ${cudnn}/*.cpp ${cudnn}/*.cu)
    list(REMOVE_ITEM cudnn_sources ${cudnn}/none.cpp)
    target_include_directories(medley_kernels SYSTEM PRIVATE ${MEDLEY_CUDNN_INCLUDE})
    target_compile_definitions(medley_kernels PUBLIC MEDLEY_CUDNN=1)
    target_link_libraries(medley_kernels PUBLIC ${CMAKE_DL_LIBS})
  endif()
  file(GLOB cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cpp)
  target_sources(medley_kernels PRIVATE ${cuda_kernels} ${cuda_sources} ${cudnn_sources})
  medley_cuda_sources(medley_kernels)
  target_compile_definitions(medley_core PUBLIC MEDLEY_CUDA=1)
  target_sources(medley_core PRIVATE ${core_cuda}/runtime.cpp)
  target_link_libraries(medley_core PUBLIC CUDA::cudart_static)
  target_link_libraries(medley_kernels PUBLIC CUDA::cublasLt)
else()
  target_sources(medley_core PRIVATE ${core_cuda}/none.cpp)
endif()
