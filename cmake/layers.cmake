# One static library a layer; each may use only the ones before it.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)

function(medley_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/(main|cuda)\\.cpp$|/cuda/|/emulator/")
  if(NOT sources)
    set(sources ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  endif()
  add_library(medley_${name} STATIC ${sources})
  add_library(medley::${name} ALIAS medley_${name})
  set_target_properties(medley_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(medley_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/medley>)
  target_compile_features(medley_${name} PUBLIC cxx_std_20)
  target_link_libraries(medley_${name} PRIVATE $<BUILD_INTERFACE:medley_options> PUBLIC ${ARGN})
endfunction()

medley_layer(core Threads::Threads)
medley_layer(kernels medley_core)
target_link_libraries(medley_kernels PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen>)
medley_layer(autograd medley_kernels)

find_path(UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
medley_layer(models medley_autograd)
target_include_directories(medley_models PRIVATE ${UTF8PROC_INCLUDE})
target_link_libraries(medley_models PRIVATE ${UTF8PROC_LIBRARY})

find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
medley_layer(train medley_models)
target_include_directories(medley_train PRIVATE ${XXHASH_INCLUDE})
target_link_libraries(medley_train PRIVATE PNG::PNG JPEG::JPEG ${XXHASH_LIBRARY}
  $<BUILD_INTERFACE:nlohmann_json::nlohmann_json> $<BUILD_INTERFACE:tomlplusplus::tomlplusplus>
  $<BUILD_INTERFACE:CLI11::CLI11>)

if(EXISTS ${PROJECT_SOURCE_DIR}/train/cli/main.cpp)
  add_executable(medley train/cli/main.cpp)
  target_link_libraries(medley PRIVATE medley_train medley_options)
endif()
