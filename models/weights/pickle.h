// The pickles that torch.save writes for state dicts: a parser of one grammar, not an interpreter.
// Protocol 2; 31 opcodes; the globals are OrderedDict, the storages, _rebuild_tensor_v2 and
// _rebuild_parameter. Nothing can be called. Anything else is refused with its opcode or global and
// its byte position, before a tensor exists. Sizes that the text names only lead to numbers in the
// result: memory is bounded by the length of the text and by the limits below.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace medley::models {

inline constexpr uint64_t kMaxPickle = 64u << 20;        // bytes
inline constexpr uint64_t kMaxPickleValues = 1'000'000;  // of one pickle
inline constexpr size_t kMaxStorageKey = 64;  // characters; torch.save's are decimal numbers

struct PickleValue {
  enum class Kind : uint8_t {
    none,
    boolean,
    integer,
    real,
    string,
    tuple,
    list,
    dict,
    global,
    storage,
    tensor
  };
  Kind kind = Kind::none;
  int64_t integer = 0;  // of a boolean and an integer; index of a storage or a tensor
  double real = 0;
  std::string text{};             // of a string; of a global: module.name
  std::vector<uint32_t> items{};  // indices of values; of a dict: key, value, key, value, ...
};

struct PickledStorage {
  std::string key;
  std::string dtype;  // as safetensors calls it
  uint64_t elements = 0;
};

struct PickledTensor {
  size_t storage = 0;
  uint64_t offset = 0;  // in elements, from the start of the storage
  std::vector<uint64_t> shape, strides;
};

// Values refer to each other by index: shared ones stand once, and a hostile pickle may hold
// cycles.
struct Pickle {
  std::vector<PickleValue> values;
  uint32_t root = 0;
  std::vector<PickledStorage> storages;  // each key once
  std::vector<PickledTensor> tensors;    // every element inside its storage, none larger than it
  size_t size = 0;                       // bytes up to and with the closing opcode
};

// `bytes` begin with the pickle and may go on behind it. `source` and `file_offset` (of the first
// byte) are for the messages of the DataError that refuses it.
Pickle parse_pickle(std::span<const char> bytes, const std::string& source, uint64_t file_offset);

// Bytes of an element: 0 for a dtype that no storage has.
uint64_t element_size(const std::string& dtype);

}  // namespace medley::models
