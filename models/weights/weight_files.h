// Weights wherever they lie: a safetensors file, a file of torch.save, or a folder as Hugging Face
// writes it (one file, or several with an index). Names come out as the original's; of medley's own
// files too, in which the matrices of an attention that encoder and decoder share are joined: keys
// and values, or queries, keys and values. The first layer of a folder whose pictures are prepared
// in another way than medley's is adapted to medley's (hf_pictures.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace medley::models {

// Whether a file is to be read as safetensors; all else is left to the reader of torch.save's
// files.
bool looks_like_safetensors(const std::string& path);

struct WeightEntry {
  std::string name;    // the original's
  std::string stored;  // as the file has it
  std::string dtype;   // as safetensors calls it
  std::vector<uint64_t> shape;
  size_t file = 0;
  // The rows of what is stored in so many equal parts, and which of them this is.
  uint64_t part = 0, parts = 1;
};

class WeightFiles {
 public:
  // Throws IoError when nothing is there, DataError when a file is refused.
  explicit WeightFiles(const std::string& path);
  ~WeightFiles();
  WeightFiles(WeightFiles&&) noexcept;

  const std::string& path() const { return path_; }
  const std::vector<WeightEntry>& entries() const { return entries_; }
  const std::vector<std::string>& files() const { return names_; }
  // In the nearest type that medley has.
  Tensor read(const WeightEntry& entry);
  // Floats, converted to the type of `destination`, which has the entry's shape. What needs no
  // conversion is read where it belongs: a model takes its own memory alone while it is loaded.
  void read_into(const WeightEntry& entry, const Tensor& destination);

 private:
  struct File;
  void add_file(const std::string& path);
  Tensor read_stored(const WeightEntry& entry);
  Tensor adapted(const WeightEntry& entry, const Tensor& stored);
  void add_index(const std::string& folder, const std::string& index);

  std::string path_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<WeightEntry> entries_;
};

}  // namespace medley::models
