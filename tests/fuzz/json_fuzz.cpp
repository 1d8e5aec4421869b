// Any bytes to the reader of JSON: the whole value, and its parts one at a time.
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using medley::Json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string once = Json::parse(text, "fuzz").dump();
    if (Json::parse(once, "fuzz").dump() != once) std::abort();
  } catch (const medley::Error&) {
  }
  try {
    Json::each_element(text, "fuzz", [](const Json&) {});
  } catch (const medley::Error&) {
  }
  try {
    Json::each_member(text, "fuzz", [](const std::string&, const Json&) {});
  } catch (const medley::Error&) {
  }
  return 0;
}
