# CUDA in three ways (MEDLEY_CUDA):
#   OFF      none
#   ON       nvcc compiles kernels/cuda/*.cu; core/cuda speaks to the CUDA runtime
#   EMULATE  the host compiler compiles the same sources, kernels/cuda/emulator runs them on the CPU
set(MEDLEY_CUDA OFF CACHE STRING "CUDA kernels: OFF, ON (needs nvcc) or EMULATE (on the CPU)")
set_property(CACHE MEDLEY_CUDA PROPERTY STRINGS OFF ON EMULATE)
if(NOT MEDLEY_CUDA MATCHES "^(OFF|ON|EMULATE)$")
  message(FATAL_ERROR "MEDLEY_CUDA is '${MEDLEY_CUDA}': use OFF, ON or EMULATE")
endif()

# core/cuda: what every backend shares, and the one backend.
set(core_cuda ${PROJECT_SOURCE_DIR}/core/cuda)
file(GLOB sources CONFIGURE_DEPENDS ${core_cuda}/*.cpp)
list(FILTER sources EXCLUDE REGEX "/(none|runtime|emulated|device_region)\\.cpp$")
target_sources(medley_core PRIVATE ${sources})

file(GLOB cuda_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cu)
if(MEDLEY_CUDA STREQUAL EMULATE)
  file(GLOB emulator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/emulator/*.cpp)
  # As nvcc compiles them: "#pragma unroll" is known, and memory may be read as another type than it
  # was written as.
  set_source_files_properties(${cuda_kernels} PROPERTIES LANGUAGE CXX
    COMPILE_OPTIONS "-x;c++;-Wno-unknown-pragmas;-fno-strict-aliasing")
  target_sources(medley_kernels PRIVATE ${cuda_kernels} ${emulator})
  target_sources(medley_core PRIVATE ${core_cuda}/emulated.cpp ${core_cuda}/device_region.cpp)
  target_compile_definitions(medley_core PUBLIC MEDLEY_CUDA=1 MEDLEY_CUDA_EMULATED=1)
elseif(MEDLEY_CUDA STREQUAL ON)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90a-real 90-virtual)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  file(GLOB cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cpp)
  target_sources(medley_kernels PRIVATE ${cuda_kernels} ${cuda_sources})
  set_target_properties(medley_kernels PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON)
  target_compile_options(medley_kernels PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo;-Werror=all-warnings>")
  target_compile_definitions(medley_core PUBLIC MEDLEY_CUDA=1)
  target_sources(medley_core PRIVATE ${core_cuda}/runtime.cpp)
  target_link_libraries(medley_core PUBLIC CUDA::cudart_static)
  target_link_libraries(medley_kernels PUBLIC CUDA::cublasLt)
else()
  target_sources(medley_core PRIVATE ${core_cuda}/none.cpp)
endif()
