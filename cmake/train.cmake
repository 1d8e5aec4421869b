# What the train layer needs beyond its sources: the configurations of train/configs as strings, the
# place of the data, and what `medley info` says about the build.
file(GLOB configs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/train/configs/*.toml
  ${PROJECT_SOURCE_DIR}/train/configs/finetune/*.toml)
set(entries "")
foreach(config IN LISTS configs)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${config})
  get_filename_component(name ${config} NAME_WE)
  file(READ ${config} text)
  string(APPEND entries "    {\"${name}\", R\"toml(${text})toml\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/embedded.cpp @ONLY CONTENT
"#include \"train/config/embedded.h\"

namespace medley::train {

std::span<const EmbeddedConfig> embedded_configs() {
  static constexpr EmbeddedConfig kConfigs[] = {
@entries@  };
  return kConfigs;
}

}  // namespace medley::train
")
set(MEDLEY_DATA ${PROJECT_SOURCE_DIR}/train/data/picturebook)  # installed too
target_sources(medley_train PRIVATE ${PROJECT_BINARY_DIR}/generated/embedded.cpp)
target_compile_definitions(medley_train PRIVATE
  MEDLEY_DATA_DIR="${MEDLEY_DATA}"
  MEDLEY_VERSION="${PROJECT_VERSION}"
  MEDLEY_BUILD="${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
