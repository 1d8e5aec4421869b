// The files of train/configs/, as the build put them into the program.
#pragma once

#include <span>

namespace medley::train {

struct EmbeddedConfig {
  const char* name;  // "scenes"
  const char* toml;
};
std::span<const EmbeddedConfig> embedded_configs();

}  // namespace medley::train
