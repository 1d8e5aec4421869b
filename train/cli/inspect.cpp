// medley inspect: lists and verifies tensors of files and checkpoints.
#include <filesystem>
#include <span>

#include "core/error.h"
#include "core/printable.h"
#include "core/str.h"
#include "models/weights/elements.h"
#include "models/weights/pth.h"
#include "models/weights/safetensors.h"
#include "models/weights/weight_files.h"
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
  uint64_t bytes = 0, values = 0;
  int64_t not_finite = 0;  // values that are NaN or infinite
};

struct ListedFile {
  std::string path, format;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<Listed> tensors;
};

Listed listed(const std::string& name, const std::string& dtype, const std::vector<uint64_t>& shape,
              std::span<const char> bytes) {
  Checksum sum;
  sum.add(bytes);
  uint64_t values = 1;
  for (const uint64_t size : shape) values *= size;
  return {name,
          dtype,
          models::shape_text(shape),
          sum.hex(),
          bytes.size(),
          values,
          models::count_not_finite(dtype, bytes)};
}

ListedFile list_safetensors(const std::string& path, bool strict) {
  models::SafetensorsFile file(path, strict);
  ListedFile all{path, "safetensors", file.header().metadata, {}};
  std::vector<char> bytes;
  for (const models::SafetensorsEntry& entry : file.header().tensors) {
    bytes.resize(entry.end - entry.begin);
    file.read_bytes(entry, bytes);
    all.tensors.push_back(listed(entry.name, entry.dtype, entry.shape, bytes));
  }
  return all;
}

// Numbers and texts beside the tensors, such as the epoch, are its metadata.
ListedFile list_pth(const std::string& path) {
  models::PthFile file(path);
  ListedFile all{path, file.is_legacy() ? "torch.save, legacy" : "torch.save, zip", {}, {}};
  for (const models::PthScalar& scalar : file.scalars())
    all.metadata.emplace_back(scalar.name, scalar.json);
  for (const models::PthEntry& entry : file.tensors())
    all.tensors.push_back(listed(entry.name, entry.dtype, entry.shape, file.read_bytes(entry)));
  return all;
}

Json json_of(const std::vector<Listed>& listed) {
  Json tensors = Json::array();
  for (const Listed& tensor : listed)
    tensors.push(Json::object()
                     .set("name", tensor.name)
                     .set("dtype", tensor.dtype)
                     .set("shape", tensor.shape)
                     .set("bytes", static_cast<int64_t>(tensor.bytes))
                     .set("values", static_cast<int64_t>(tensor.values))
                     .set("xxh3", tensor.checksum)
                     .set("not_finite", tensor.not_finite));
  return tensors;
}

void print_file(const ListedFile& file) {
  std::vector<std::vector<std::string>> rows(1, {"tensor", "type", "shape", "bytes", "xxh3"});
  uint64_t bytes = 0, values = 0;
  int64_t not_finite = 0;
  for (const Listed& tensor : file.tensors) {
    rows.push_back({tensor.name, tensor.dtype, tensor.shape,
                    with_commas(static_cast<int64_t>(tensor.bytes)), tensor.checksum});
    bytes += tensor.bytes;
    values += tensor.values;
    not_finite += tensor.not_finite;
  }
  print(file.path + " (" + file.format + ")");
  print_table(rows);
  for (const auto& [key, value] : file.metadata) print(printable(key + ": " + value));
  print(str(file.tensors.size(), " tensors, ", with_commas(static_cast<int64_t>(values)),
            " values, ", with_commas(static_cast<int64_t>(bytes)), " bytes"));
  for (const Listed& tensor : file.tensors)
    if (tensor.not_finite > 0)
      print(str(printable(tensor.name), ": ", with_commas(tensor.not_finite),
                " values are NaN or infinite"));
  print("");
}

// The weight files that a path means; a checkpoint's checksums are verified first.
std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  if (fs::exists(path + "/config.json", error)) return models::WeightFiles(path).files();
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
    const ListedFile file = models::looks_like_safetensors(path)
                                ? list_safetensors(path, options.strict)
                                : list_pth(path);
    Json metadata = Json::object();
    for (const auto& [key, value] : file.metadata) metadata.set(key, value);
    files.push(Json::object()
                   .set("file", path)
                   .set("format", file.format)
                   .set("metadata", metadata)
                   .set("tensors", json_of(file.tensors)));
    if (!options.json) print_file(file);
  }
  if (options.json) print_json(Json::object().set("files", files));
  return 0;
}

}  // namespace medley::train
