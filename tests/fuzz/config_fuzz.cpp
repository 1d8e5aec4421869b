// Any text as a configuration: what is accepted is printed, read again, and is the same.
#include <cstdlib>

#include "core/error.h"
#include "train/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace medley::train;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const TrainConfig config = parse_config(text, "fuzz.toml");
    validate(config);
    if (!compare_configs(config, parse_config(print_config(config), "again.toml")).empty())
      std::abort();
  } catch (const medley::Error&) {
  }
  try {
    TrainConfig config = load_config("tiny");
    set_config(config, text);
  } catch (const medley::Error&) {
  }
  return 0;
}
