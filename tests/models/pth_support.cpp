// Bytes of pickles and archives.
#include "tests/models/pth_support.h"

#include <cstring>

#include "models/weights/zip.h"

namespace medley::models::test {

std::string little(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
  return out;
}

std::string text(const std::string& value) { return "X" + little(value.size(), 4) + value; }

std::string whole(int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX)
    return "J" + little(static_cast<uint64_t>(value), 4);
  return std::string("\x8a\x08") + little(static_cast<uint64_t>(value), 8);
}

std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

std::string storage(const std::string& key, int64_t elements, const std::string& type) {
  return "(" + text("storage") + global("torch", type) + text(key) + text("cuda:0") +
         whole(elements) + "tQ";
}

std::string sizes(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (const int64_t value : values) out += whole(value);
  return out + "t";
}

std::string tensor(const std::string& stored, int64_t offset, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + stored + whole(offset) +
         sizes(shape) + sizes(strides) + "\x89" + global("collections", "OrderedDict") + ")RtR";
}

std::string dict(const std::string& items) { return "}(" + items + "u"; }
std::string pickle(const std::string& object) { return "\x80\x02" + object + "."; }

std::string zip(const std::vector<Entry>& all, bool wide) {
  std::string file, directory;
  for (const Entry& e : all) {
    const uint64_t at = file.size() + static_cast<uint64_t>(e.offset_lie);
    const std::string local_name = e.local_name.empty() ? e.name : e.local_name;
    const std::span<const char> data(e.data.data(), e.data.size());
    const uint32_t crc = crc32(data) ^ e.crc_lie;
    file += "PK\x03\x04" + std::string(2, '\0') + little(e.flags, 2) + little(e.method, 2) +
            std::string(16, '\0') + little(local_name.size(), 2) + little(0, 2) + local_name +
            e.data;
    const uint64_t size = e.data.size() + static_cast<uint64_t>(e.size_lie);
    directory += "PK\x01\x02" + std::string(4, '\0') + little(e.flags, 2) + little(e.method, 2) +
                 std::string(4, '\0') + little(crc, 4) + little(size, 4) + little(size, 4) +
                 little(e.name.size(), 2) + std::string(12, '\0') + little(at, 4) + e.name;
  }
  const uint64_t begin = file.size(), count = all.size();
  file += directory;
  const uint64_t end = file.size();
  if (wide)
    file += "PK\x06\x06" + little(44, 8) + std::string(12, '\0') + little(count, 8) +
            little(count, 8) + little(end - begin, 8) + little(begin, 8) + "PK\x06\x07" +
            little(0, 4) + little(end, 8) + little(1, 4);
  return file + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
         little(end - begin, 4) + little(begin, 4) + little(0, 2);
}

std::vector<Entry> entries(const std::string& data_pkl,
                           const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<Entry> all{{.name = "archive/data.pkl", .data = data_pkl}};
  for (const auto& [key, bytes] : storages)
    all.push_back({.name = "archive/data/" + key, .data = bytes});
  all.push_back({.name = "archive/version", .data = "3\n"});
  return all;
}

std::string legacy(const std::string& object, const std::vector<LegacyStorage>& storages) {
  const std::string magic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  std::string keys = "](", data;
  for (const LegacyStorage& stored : storages) {
    keys += text(stored.key);
    data += little(stored.elements, 8) + stored.bytes;
  }
  return pickle(magic) + pickle("M\xe9\x03") +
         pickle(dict(text("protocol_version") + "M\xe9\x03" + text("little_endian") + "\x88")) +
         pickle(object) + pickle(keys + "e") + data;
}

std::string floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

ByteSource source(const std::string& bytes) {
  return ByteSource::memory({bytes.begin(), bytes.end()}, "file.pth");
}

}  // namespace medley::models::test
