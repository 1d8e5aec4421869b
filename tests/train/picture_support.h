// What the tests of decoders share.
#pragma once

#include <filesystem>

#include "tests/train/data_support.h"
#include "train/data/decode.h"

namespace medley::train {

inline std::vector<uint8_t> golden_file(const std::string& name) {
  for (const Json& item : data_goldens().at("decode").items())
    if (item.at("name").text() == name) return from_hex(item.at("file").text());
  FAIL("no golden " << name);
  return {};
}

// Those of tests/fixtures/data/make_pictures.py.
inline const Json::Array& unusual_pictures() {
  static const Json json = Json::read(MEDLEY_SOURCE_DIR "/tests/fixtures/data/pictures.json");
  return json.at("pictures").items();
}

inline std::vector<uint8_t> picture_file(const std::string& name) {
  for (const Json& item : unusual_pictures())
    if (item.at("name").text() == name) return from_hex(item.at("file").text());
  FAIL("no picture " << name);
  return {};
}

inline std::string refusal(const std::vector<uint8_t>& bytes) {
  return message_of<DataError>([&] { decode_image(bytes, "folder/x"); });
}

inline void put_big_endian(std::vector<uint8_t>& bytes, size_t at, uint32_t value, size_t width) {
  for (size_t i = 0; i < width; ++i)
    bytes[at + i] = static_cast<uint8_t>(value >> 8 * (width - 1 - i));
}

inline uint32_t png_crc(const uint8_t* bytes, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

// Length, name, data, checksum.
inline std::vector<uint8_t> png_chunk(const std::string& name, const std::string& data) {
  std::vector<uint8_t> chunk(data.size() + 12);
  put_big_endian(chunk, 0, static_cast<uint32_t>(data.size()), 4);
  std::copy_n(name.begin(), 4, chunk.begin() + 4);
  std::copy(data.begin(), data.end(), chunk.begin() + 8);
  put_big_endian(chunk, data.size() + 8, png_crc(chunk.data() + 4, data.size() + 4), 4);
  return chunk;
}

}  // namespace medley::train
