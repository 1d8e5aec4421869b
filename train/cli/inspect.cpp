// medley inspect: lists and verifies tensors of files and checkpoints.
#include <filesystem>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/safetensors.h"
#include "train/checkpoint/folder.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/io/checksum.h"
#include "train/io/files.h"
#include "train/loop/run_folder.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

struct Listed {
  std::string name, dtype, shape, checksum;
  uint64_t bytes = 0;
};

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::vector<Listed> tensors_of(models::SafetensorsFile& file) {
  std::vector<Listed> listed;
  std::vector<char> bytes;
  for (const models::SafetensorsEntry& entry : file.header().tensors) {
    bytes.resize(entry.end - entry.begin);
    file.read_bytes(entry, bytes);
    Checksum sum;
    sum.add(bytes);
    listed.push_back({entry.name, entry.dtype, shape_text(entry.shape), sum.hex(), bytes.size()});
  }
  return listed;
}

Json json_of(const std::vector<Listed>& listed) {
  Json tensors = Json::array();
  for (const Listed& tensor : listed)
    tensors.push(Json::object()
                     .set("name", tensor.name)
                     .set("dtype", tensor.dtype)
                     .set("shape", tensor.shape)
                     .set("bytes", static_cast<int64_t>(tensor.bytes))
                     .set("xxh3", tensor.checksum));
  return tensors;
}

void print_tensors(const std::string& path, const std::vector<Listed>& listed) {
  std::vector<std::vector<std::string>> rows(1, {"tensor", "type", "shape", "bytes", "xxh3"});
  uint64_t bytes = 0;
  for (const Listed& tensor : listed) {
    rows.push_back({tensor.name, tensor.dtype, tensor.shape,
                    with_commas(static_cast<int64_t>(tensor.bytes)), tensor.checksum});
    bytes += tensor.bytes;
  }
  print(path);
  print_table(rows);
  print(str(listed.size(), " tensors, ", with_commas(static_cast<int64_t>(bytes)), " bytes\n"));
}

// The safetensors files that a path means; a checkpoint's checksums are verified first.
std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::string checkpoint = find_checkpoint(path);
  std::vector<std::string> files;
  for (const std::string& name : list_folder(checkpoint))
    if (name.ends_with(".safetensors")) files.push_back(checkpoint + "/" + name);
  return files;
}

}  // namespace

int inspect(const InspectOptions& options) {
  Json files = Json::array();
  for (const std::string& path : files_of(options.path)) {
    models::SafetensorsFile file(path, options.strict);
    std::vector<Listed> listed = tensors_of(file);
    Json metadata = Json::object();
    for (const auto& [key, value] : file.header().metadata) metadata.set(key, value);
    files.push(
        Json::object().set("file", path).set("metadata", metadata).set("tensors", json_of(listed)));
    if (!options.json) print_tensors(path, listed);
  }
  if (options.json) print_json(Json::object().set("files", files));
  return 0;
}

}  // namespace medley::train
