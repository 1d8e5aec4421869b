// Any bytes to the readers of JSON: of values, of config.json, and event by event.
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "models/weights/flat_json.h"
#include "models/weights/json_reader.h"
#include "train/io/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string once = medley::train::Json::parse(text, "fuzz").dump();
    if (medley::train::Json::parse(once, "fuzz").dump() != once) std::abort();
  } catch (const medley::Error&) {
  }
  try {
    medley::models::read_flat_json(text, "fuzz");
  } catch (const medley::Error&) {
  }
  try {
    medley::models::JsonReader reader(text, "fuzz");
    while (reader.next() != medley::models::JsonReader::Event::end) {
    }
  } catch (const medley::Error&) {
  }
  return 0;
}
