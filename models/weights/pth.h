// Files of torch.save: state dicts and the training checkpoints of the original (model, optimizer,
// config, epoch), in the zip format (PyTorch 1.6 and later) and in the one before. The contents are
// listed under paths, the keys joined by dots: "model.temp", "optimizer.state.3.exp_avg". Opening
// checks everything but the checksums of the tensors, which reading does; a file that is refused
// has cost no more memory than its pickle.
#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"
#include "models/weights/byte_source.h"
#include "models/weights/pickle.h"
#include "models/weights/zip.h"

namespace medley::models {

struct PthEntry {
  std::string name;
  std::string dtype;  // as safetensors calls it
  std::vector<uint64_t> shape;
  size_t tensor = 0;  // tied tensors are entries with one storage
};

struct PthScalar {
  std::string name;
  std::string json;  // a number, a string in quotes, true, false or null
};

class PthFile {
 public:
  // Throws IoError when it cannot be read, DataError when it is refused.
  explicit PthFile(const std::string& path) : PthFile(ByteSource::file(path)) {}
  explicit PthFile(ByteSource source);

  const std::string& path() const { return source_.name(); }
  bool is_legacy() const { return legacy_; }
  const std::vector<PthEntry>& tensors() const { return tensors_; }  // in the order of the file
  const std::vector<PthScalar>& scalars() const { return scalars_; }
  // What stands in front of the model's names: "model." in checkpoints of the original,
  // "state_dict." in some others, empty when the file is the state dict.
  const std::string& prefix() const { return prefix_; }
  bool contains(const std::string& name) const;
  // Row-major bytes. Throws DataError with the nearest names, or when the checksum is wrong.
  std::vector<char> read_bytes(const PthEntry& entry);
  const PthEntry& entry(const std::string& name) const;
  // As a type that medley has: f16 becomes f32, bool u8, i8 and i16 i32.
  Tensor read(const std::string& name);

 private:
  struct Range {
    uint64_t offset = 0;
    const ZipEntry* entry = nullptr;  // in zip files
    bool checked = false;
  };

  void open_zip();
  void open_legacy();
  void list(const Pickle& pickle);

  ByteSource source_;
  bool legacy_ = false;
  std::vector<ZipEntry> zip_;
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> layout_;
  std::vector<Range> ranges_;  // of the storages
  std::vector<PthEntry> tensors_;
  std::vector<PthScalar> scalars_;
  std::string prefix_;
};

}  // namespace medley::models
