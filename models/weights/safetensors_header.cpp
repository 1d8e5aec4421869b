// The header's rules. They hold for a hostile file too: sizes are multiplied with checks, nothing
// recurses, and what is kept while reading is bounded by the header's own length.
#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "models/weights/safetensors.h"

namespace medley::models {
namespace {

struct FileDtype {
  const char* name;
  uint64_t bits;
};

constexpr std::array<FileDtype, 22> kFileDtypes = {{
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},
    {"I8", 8},      {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},        {"BF16", 16},
    {"I32", 32},    {"U32", 32},    {"F32", 32},    {"C64", 64},        {"F64", 64},
    {"I64", 64},    {"U64", 64},
}};

[[noreturn]] void fail(const std::string& source, const std::string& what) {
  throw DataError(source + ": " + what);
}

std::vector<uint64_t> read_sizes(const Json& list, const std::string& what,
                                 const std::string& source) {
  if (!list.is_array()) fail(source, what + " is not a list");
  std::vector<uint64_t> sizes;
  for (const Json& size : list.items()) {
    if (!size.is_integer() || size.integer() < 0)
      fail(source, what + " holds something else than whole numbers >= 0");
    sizes.push_back(static_cast<uint64_t>(size.integer()));
  }
  return sizes;
}

SafetensorsEntry read_entry(const std::string& name, const Json& json, bool strict,
                            const std::string& source) {
  const std::string quoted = "'" + name + "'";
  if (!json.is_object()) fail(source, quoted + " is not an object");
  const auto field = [&](const char* key) -> const Json& {
    const Json* found = json.find(key);
    if (!found) fail(source, quoted + " has no " + key);
    return *found;
  };
  const Json& dtype = field("dtype");
  if (!dtype.is_string()) fail(source, "dtype of " + quoted + " is not a string");
  const std::vector<uint64_t> shape = read_sizes(field("shape"), "shape of " + quoted, source);
  const std::vector<uint64_t> offsets =
      read_sizes(field("data_offsets"), "data_offsets of " + quoted, source);
  if (offsets.size() != 2)
    fail(source, str("data_offsets of ", quoted, " are ", offsets.size(), " numbers and not two"));
  for (const auto& [key, value] : json.members())
    if (strict && key != "dtype" && key != "shape" && key != "data_offsets")
      fail(source, quoted + " has the unknown field '" + key + "'");
  return {name, dtype.text(), shape, offsets[0], offsets[1]};
}

SafetensorsMetadata read_metadata(const Json& json, const std::string& source) {
  if (!json.is_object()) fail(source, "__metadata__ is not an object");
  SafetensorsMetadata metadata;
  for (const auto& [key, value] : json.members()) {
    if (!value.is_string()) fail(source, "__metadata__ '" + key + "' is not a string");
    metadata.emplace_back(key, value.text());
  }
  return metadata;
}

uint64_t bytes_of(const SafetensorsEntry& entry, const std::string& source) {
  auto dtype = std::find_if(kFileDtypes.begin(), kFileDtypes.end(),
                            [&](const FileDtype& d) { return entry.dtype == d.name; });
  if (dtype == kFileDtypes.end())
    throw DataError(str(source, ": '", entry.name, "' has the unknown dtype '", entry.dtype, "'"));
  uint64_t bits = dtype->bits;
  for (uint64_t size : entry.shape)
    if (__builtin_mul_overflow(bits, size, &bits))
      throw DataError(str(source, ": the shape of '", entry.name, "' overflows 64 bits"));
  if (bits % 8 != 0)
    throw DataError(
        str(source, ": '", entry.name, "' does not fill whole bytes (", bits, " bits)"));
  return bits / 8;
}

// The tensors must tile the data: each begins where the one before ended, the last ends with the
// file.
void check_tiling(const SafetensorsHeader& header, uint64_t file_size, const std::string& source) {
  uint64_t at = 0;
  for (const SafetensorsEntry& entry : header.tensors) {
    if (entry.begin != at || entry.end < entry.begin)
      throw DataError(str(source, ": '", entry.name, "' lies at bytes ", entry.begin, "..",
                          entry.end, " but must begin at ", at,
                          entry.begin < at ? " (it overlaps the one before)" : ""));
    uint64_t need = bytes_of(entry, source);
    if (entry.end - entry.begin != need)
      throw DataError(str(source, ": '", entry.name, "' has ", entry.end - entry.begin,
                          " bytes but its shape and dtype need ", need));
    at = entry.end;
  }
  uint64_t have = file_size - header.data_offset;
  if (at != have)
    throw DataError(str(source, ": the tensors end at byte ", at, " of the data, which has ", have),
                    at > have ? "the file looks cut short: copy or download it again" : "");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t file_size,
                                           const std::string& source, bool strict) {
  if (text.empty() || text[0] != '{')
    throw DataError(source + ": the header does not begin with '{': not a safetensors file");
  SafetensorsHeader header;
  header.data_offset = 8 + text.size();
  if (file_size < header.data_offset)
    throw DataError(
        str(source, ": a header of ", text.size(), " bytes does not fit a file of ", file_size));
  Json::each_member(text, source, [&](const std::string& name, const Json& value) {
    if (name == "__metadata__")
      header.metadata = read_metadata(value, source);
    else
      header.tensors.push_back(read_entry(name, value, strict, source));
  });
  // An empty tensor shares its begin with the one after it; the end then tells which comes first.
  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_tiling(header, file_size, source);
  return header;
}

DType dtype_of_safetensors(const std::string& name, const std::string& source) {
  for (DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i32, DType::i64, DType::u8})
    if (name == safetensors_name(dtype)) return dtype;
  throw DataError(source + ": medley has no tensors of dtype " + name,
                  "it reads F32, F64, BF16, I32, I64 and U8");
}

const char* safetensors_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::f64:
      return "F64";
    case DType::bf16:
      return "BF16";
    case DType::i32:
      return "I32";
    case DType::i64:
      return "I64";
    case DType::u8:
      return "U8";
  }
  return "?";
}

}  // namespace medley::models
