// Files of torch.save, made by hand: pickles from opcodes, zip archives from entries, each lie of
// which can be told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/weights/byte_source.h"

namespace medley::models::test {

// Little-endian, `bytes` long.
std::string little(uint64_t value, int bytes);

// Pieces of pickles.
std::string text(const std::string& value);  // BINUNICODE
std::string whole(int64_t value);            // BININT
std::string global(const std::string& module, const std::string& name);
std::string storage(const std::string& key, int64_t elements,
                    const std::string& type = "FloatStorage");
std::string sizes(const std::vector<int64_t>& values);  // a tuple
// _rebuild_tensor_v2 of a storage.
std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& strides);
std::string dict(const std::string& items);     // EMPTY_DICT MARK items SETITEMS
std::string pickle(const std::string& object);  // PROTO 2 object STOP

struct Entry {
  std::string name, data;
  uint16_t flags = 0, method = 0;
  int64_t size_lie = 0;      // added to both sizes of the directory
  int64_t offset_lie = 0;    // added to the offset of the local header
  uint32_t crc_lie = 0;      // xor
  std::string local_name{};  // in the local header; empty: the name
};
// With or without the 64-bit end record.
std::string zip(const std::vector<Entry>& entries, bool wide = true);
// The entries of a file of torch.save.
std::vector<Entry> entries(const std::string& data_pkl,
                           const std::vector<std::pair<std::string, std::string>>& storages);
// The format before PyTorch 1.6. storages: key, elements, bytes.
struct LegacyStorage {
  std::string key;
  uint64_t elements;
  std::string bytes;
};
std::string legacy(const std::string& object, const std::vector<LegacyStorage>& storages);

std::string floats(const std::vector<float>& values);
ByteSource source(const std::string& bytes);

}  // namespace medley::models::test
