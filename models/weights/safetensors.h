// safetensors files (https://github.com/huggingface/safetensors): 8 bytes header length, a JSON
// header, the data. The reader is strict: every byte of the file belongs to the header or to
// exactly one tensor, or the file is refused with the reason, before any tensor is allocated. The
// writer gives the order and padding of the format's own library.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace medley::models {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // as in the file: "F32", "BF16", ...; one of the format's 22
  std::vector<uint64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the data
};

using SafetensorsMetadata = std::vector<std::pair<std::string, std::string>>;

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;  // in the order of the data
  SafetensorsMetadata metadata;
  uint64_t data_offset = 0;  // of the first tensor's bytes, in the file
};

// The largest header that is read, in bytes: the format's own limit.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

// Checks a header (the JSON text alone) of a file of `file_size` bytes. Throws DataError that names
// `source`, the tensor and what was found. `strict` also refuses fields of a tensor that the format
// does not know.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_size,
                                           const std::string& source, bool strict = false);

// Throws DataError for a dtype that medley has no tensors of.
DType dtype_of_safetensors(const std::string& name, const std::string& source);
const char* safetensors_name(DType dtype);

// An open file. Not for use by two threads at once.
class SafetensorsFile {
 public:
  // Throws IoError when it cannot be read, DataError when it is refused.
  explicit SafetensorsFile(const std::string& path, bool strict = false);

  const SafetensorsHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  bool contains(const std::string& name) const;
  // Throws DataError with the nearest names when there is no such tensor.
  const SafetensorsEntry& entry(const std::string& name) const;
  Tensor read(const std::string& name);
  // Into a contiguous CPU tensor of the same shape and dtype; DataError names both when they
  // differ.
  void read_into(const std::string& name, const Tensor& destination);
  void read_bytes(const SafetensorsEntry& entry, std::span<char> destination);

 private:
  std::string path_;
  std::ifstream file_;
  SafetensorsHeader header_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;  // on the CPU, contiguous
};

using ByteSink = std::function<void(std::span<const char>)>;

// Hands the file to `sink` piece by piece. Throws ValueError for a name that stands twice.
void write_safetensors(std::vector<NamedTensor> tensors, const SafetensorsMetadata& metadata,
                       const ByteSink& sink);
// Bytes that write_safetensors would produce.
uint64_t safetensors_size(const std::vector<NamedTensor>& tensors,
                          const SafetensorsMetadata& metadata);

}  // namespace medley::models
