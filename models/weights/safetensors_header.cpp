// The header's rules. They hold for a hostile file too: sizes are multiplied with checks, nothing
// recurses, and what is kept while reading is bounded by the header's own length.
#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/json_reader.h"
#include "models/weights/safetensors.h"

namespace medley::models {
namespace {

using Event = JsonReader::Event;

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

uint64_t read_size(JsonReader& json, const std::string& what) {
  if (json.next() != Event::integer || json.integer() < 0)
    json.fail(what + " is not a whole number >= 0");
  return static_cast<uint64_t>(json.integer());
}

void read_shape(JsonReader& json, SafetensorsEntry& entry) {
  if (json.next() != Event::begin_array) json.fail("shape of '" + entry.name + "' is not a list");
  for (Event event = json.next(); event != Event::end_array; event = json.next()) {
    if (event != Event::integer || json.integer() < 0)
      json.fail("shape of '" + entry.name + "' has a size that is not a whole number >= 0");
    entry.shape.push_back(static_cast<uint64_t>(json.integer()));
  }
}

void read_offsets(JsonReader& json, SafetensorsEntry& entry) {
  std::string what = "data_offsets of '" + entry.name + "'";
  if (json.next() != Event::begin_array) json.fail(what + " is not a list");
  entry.begin = read_size(json, what);
  entry.end = read_size(json, what);
  if (json.next() != Event::end_array) json.fail(what + " has more than two numbers");
}

SafetensorsEntry read_entry(JsonReader& json, std::string name, bool strict) {
  SafetensorsEntry entry;
  entry.name = std::move(name);
  if (json.next() != Event::begin_object) json.fail("'" + entry.name + "' is not an object");
  std::array<bool, 3> seen{};
  auto once = [&](size_t field) {
    if (seen[field]) json.fail("'" + entry.name + "' has the field '" + json.text() + "' twice");
    seen[field] = true;
  };
  for (Event event = json.next(); event != Event::end_object; event = json.next()) {
    if (json.text() == "dtype") {
      once(0);
      if (json.next() != Event::string) json.fail("dtype of '" + entry.name + "' is not a string");
      entry.dtype = json.text();
    } else if (json.text() == "shape") {
      once(1);
      read_shape(json, entry);
    } else if (json.text() == "data_offsets") {
      once(2);
      read_offsets(json, entry);
    } else if (strict) {
      json.fail("'" + entry.name + "' has the unknown field '" + json.text() + "'");
    } else {
      json.skip_value();
    }
  }
  constexpr std::array<const char*, 3> kFields = {"dtype", "shape", "data_offsets"};
  for (size_t i = 0; i < kFields.size(); ++i)
    if (!seen[i]) json.fail(str("'", entry.name, "' has no ", kFields[i]));
  return entry;
}

SafetensorsMetadata read_metadata(JsonReader& json) {
  SafetensorsMetadata metadata;
  if (json.next() != Event::begin_object) json.fail("__metadata__ is not an object");
  for (Event event = json.next(); event != Event::end_object; event = json.next()) {
    std::string key = json.text();
    if (json.next() != Event::string) json.fail("__metadata__ '" + key + "' is not a string");
    metadata.emplace_back(std::move(key), json.text());
  }
  return metadata;
}

template <class Item, class Name>
void refuse_duplicates(const std::vector<Item>& items, Name name, const std::string& source) {
  std::vector<const std::string*> names;
  names.reserve(items.size());
  for (const Item& item : items) names.push_back(&name(item));
  std::sort(names.begin(), names.end(), [](auto* a, auto* b) { return *a < *b; });
  for (size_t i = 1; i < names.size(); ++i)
    if (*names[i] == *names[i - 1])
      throw DataError(str(source, ": the name '", *names[i], "' stands twice in the header"));
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
  JsonReader json(text, source, 16);
  json.next();
  bool has_metadata = false;
  for (Event event = json.next(); event != Event::end_object; event = json.next()) {
    if (json.text() != "__metadata__") {
      header.tensors.push_back(read_entry(json, json.text(), strict));
      continue;
    }
    if (has_metadata) json.fail("__metadata__ stands twice");
    has_metadata = true;
    header.metadata = read_metadata(json);
  }
  json.next();  // refuses anything but white space after the object
  refuse_duplicates(
      header.tensors, [](const auto& t) -> const std::string& { return t.name; }, source);
  refuse_duplicates(
      header.metadata, [](const auto& m) -> const std::string& { return m.first; }, source);
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
