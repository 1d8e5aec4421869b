# One static library a layer; each may use only the ones before it.
if(MEDLEY_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
include(${PROJECT_SOURCE_DIR}/cmake/libraries.cmake)
# Header-only, and only in .cpp files: whoever uses the installed libraries does not need them.
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)

function(medley_layer name)
  file(GLOB_RECURSE sources RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/(main|cuda)\\.cpp$|/cuda/|/emulator/")
  add_library(medley_${name} STATIC ${sources})
  add_library(medley::${name} ALIAS medley_${name})
  set_target_properties(medley_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(medley_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  target_compile_features(medley_${name} PUBLIC cxx_std_20)
  target_link_libraries(medley_${name} PRIVATE $<BUILD_INTERFACE:medley_options> PUBLIC ${ARGN})
endfunction()

medley_layer(core Threads::Threads)
target_link_libraries(medley_core PRIVATE $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
medley_layer(kernels medley_core)
target_link_libraries(medley_kernels PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen>)
medley_layer(autograd medley_kernels)
medley_layer(models medley_autograd)
target_link_libraries(medley_models PRIVATE medley::utf8proc)
medley_layer(train medley_models)
target_link_libraries(medley_train PRIVATE PNG::PNG JPEG::JPEG GIF::GIF medley::webpdemux
  medley::webp medley::xxhash ZLIB::ZLIB medley::zstd
  $<BUILD_INTERFACE:CLI11::CLI11>)
if(TARGET TIFF::TIFF)
  target_link_libraries(medley_train PRIVATE TIFF::TIFF)
  set_source_files_properties(train/data/decode_tiff.cpp PROPERTIES
    COMPILE_DEFINITIONS MEDLEY_TIFF)
endif()
if(TARGET medley::avif)
  target_link_libraries(medley_train PRIVATE medley::avif)
  set_source_files_properties(train/data/decode_avif.cpp PROPERTIES
    COMPILE_DEFINITIONS MEDLEY_AVIF)
endif()
# toml++'s target would bring its compiled form, a shared library to link against.
target_include_directories(medley_train SYSTEM PRIVATE
  $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)

if(EXISTS ${PROJECT_SOURCE_DIR}/train/cli/main.cpp)
  add_executable(medley train/cli/main.cpp)
  target_link_libraries(medley PRIVATE medley_train medley_options)
  if(MEDLEY_STATIC)
    target_link_options(medley PRIVATE -static)
  endif()
endif()
