// Finds the files of a model and lists what they hold.
#include "models/weights/weight_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "core/read_text.h"
#include "core/str.h"
#include "models/weights/elements.h"
#include "models/weights/hf_pictures.h"
#include "models/weights/names.h"
#include "models/weights/pth.h"
#include "models/weights/safetensors.h"

namespace medley::models {
namespace {

namespace fs = std::filesystem;

// What a checkpoint may have in one, and the original's names for its rows from the first on.
struct Joined {
  std::string name;
  std::vector<std::string> parts;
};
const std::vector<Joined>& joined_matrices() {
  static const std::vector<Joined> all = {
      {".attention.self.qkv.",
       {".attention.self.query.", ".attention.self.key.", ".attention.self.value."}},
      {".crossattention.self.kv.", {".crossattention.self.key.", ".crossattention.self.value."}}};
  return all;
}

// Entries of one stored tensor: several where it is joined.
void add_entries(std::vector<WeightEntry>& entries, const WeightEntry& stored) {
  for (const Joined& joined : joined_matrices()) {
    const size_t at = stored.name.find(joined.name), count = joined.parts.size();
    if (at == std::string::npos || stored.shape.empty() || stored.shape[0] % count != 0) continue;
    for (size_t part = 0; part < count; ++part) {
      WeightEntry entry = stored;
      entry.name.replace(at, joined.name.size(), joined.parts[part]);
      entry.shape[0] /= count;
      entry.part = part;
      entry.parts = count;
      entries.push_back(std::move(entry));
    }
    return;
  }
  entries.push_back(stored);
}

const char* const kFirstWeight = "visual_encoder.patch_embed.proj.weight";
const char* const kFirstBias = "visual_encoder.patch_embed.proj.bias";

bool is_of_first_layer(const std::string& name) {
  return name == kFirstWeight || name == kFirstBias;
}

void refuse_pointer(const std::string& path) {
  const ByteSource source = ByteSource::file(path);
  const std::vector<char> start = source.bytes(0, std::min<uint64_t>(source.size(), 64));
  refuse_lfs_pointer({start.data(), start.size()}, path);
}

}  // namespace

// It begins with the length of its header and '{'.
bool looks_like_safetensors(const std::string& path) {
  if (path.ends_with(".safetensors")) return true;
  const ByteSource source = ByteSource::file(path);
  return source.size() > 8 && source.bytes(8, 1)[0] == '{';
}

struct WeightFiles::File {
  std::optional<SafetensorsFile> safetensors;
  std::optional<PthFile> pth;
};

WeightFiles::~WeightFiles() = default;
WeightFiles::WeightFiles(WeightFiles&&) noexcept = default;

WeightFiles::WeightFiles(const std::string& path) : path_(path) {
  std::error_code error;
  const auto holds = [&](const char* name) { return fs::exists(path + "/" + name, error); };
  if (!fs::is_directory(path, error)) {
    add_file(path);
  } else if (holds("model.safetensors")) {
    add_file(path + "/model.safetensors");
  } else if (holds("model.safetensors.index.json")) {
    add_index(path, "model.safetensors.index.json");
  } else if (holds("pytorch_model.bin")) {
    add_file(path + "/pytorch_model.bin");
  } else if (holds("pytorch_model.bin.index.json")) {
    add_index(path, "pytorch_model.bin.index.json");
  } else {
    throw IoError(path + " holds no weights",
                  "looked for model.safetensors and pytorch_model.bin, whole or with an index");
  }
  std::set<std::string> names;
  for (const WeightEntry& entry : entries_)
    if (!names.insert(entry.name).second)
      throw DataError(path_ + ": the name '" + entry.name + "' stands twice");
}

void WeightFiles::add_file(const std::string& path) {
  refuse_pointer(path);
  auto file = std::make_unique<File>();
  const size_t index = files_.size();
  if (looks_like_safetensors(path)) {
    file->safetensors.emplace(path);
    for (const SafetensorsEntry& entry : file->safetensors->header().tensors)
      add_entries(entries_,
                  {original_name(entry.name), entry.name, entry.dtype, entry.shape, index});
  } else {
    file->pth.emplace(path);
    const std::string& prefix = file->pth->prefix();
    for (const PthEntry& entry : file->pth->tensors())
      if (entry.name.starts_with(prefix))
        entries_.push_back({original_name(entry.name.substr(prefix.size())), entry.name,
                            entry.dtype, entry.shape, index});
  }
  names_.push_back(path);
  files_.push_back(std::move(file));
}

// The index says which file holds which name; both must agree.
void WeightFiles::add_index(const std::string& folder, const std::string& index) {
  const std::string source = folder + "/" + index;
  const Json json = Json::read(source);
  const Json* map = json.find("weight_map");
  if (!map || !map->is_object() || map->members().empty())
    throw DataError(source + ": it lists no weights");
  std::map<std::string, std::string> file_of;
  std::set<std::string> files;
  for (const auto& [name, file] : map->members()) {
    if (!file.is_string() || file.text().empty() || file.text().find('/') != std::string::npos ||
        file.text() == "..")
      throw DataError(source + ": 'weight_map." + name + "' names no file of this folder");
    file_of[name] = file.text();
    files.insert(file.text());
  }
  for (const std::string& file : files) add_file(folder + "/" + file);
  for (const WeightEntry& entry : entries_) {
    const auto found = file_of.find(entry.stored);
    if (found == file_of.end() || folder + "/" + found->second != names_[entry.file])
      throw DataError(source + ": it does not say that '" + entry.stored + "' lies in " +
                      names_[entry.file]);
    file_of.erase(found);
  }
  if (!file_of.empty())
    throw DataError(source + ": '" + file_of.begin()->first + "' is not in " +
                    file_of.begin()->second);
}

Tensor WeightFiles::read(const WeightEntry& entry) {
  const Tensor whole = read_stored(entry);
  if (is_of_first_layer(entry.name)) return adapted(entry, whole);
  if (entry.parts == 1) return whole;
  const int64_t rows = static_cast<int64_t>(entry.shape[0]);
  const int64_t begin = rows * static_cast<int64_t>(entry.part);
  return whole.slice(0, begin, begin + rows).contiguous();
}

Tensor WeightFiles::read_stored(const WeightEntry& entry) {
  File& file = *files_[entry.file];
  if (file.pth) return file.pth->read(entry.stored);
  const SafetensorsEntry& found = file.safetensors->entry(entry.stored);
  std::vector<char> bytes(found.end - found.begin);
  file.safetensors->read_bytes(found, bytes);
  return tensor_from_bytes(found.dtype, found.shape, bytes,
                           names_[entry.file] + ": '" + entry.stored + "'");
}

Tensor WeightFiles::adapted(const WeightEntry& entry, const Tensor& stored) {
  std::error_code error;
  if (!fs::is_directory(path_, error)) return stored;
  const HfPictures pictures = read_hf_pictures(path_);
  const auto weight = std::find_if(entries_.begin(), entries_.end(), [](const WeightEntry& other) {
    return other.name == kFirstWeight && other.shape.size() == 4 && other.shape[1] == 3;
  });
  if (pictures.usual() || weight == entries_.end()) return stored;
  if (entry.name == kFirstWeight) return adapted_weight(stored, pictures);
  return adapted_bias(stored, read_stored(*weight), pictures);
}

void WeightFiles::read_into(const WeightEntry& entry, const Tensor& destination) {
  File& file = *files_[entry.file];
  if (file.safetensors && entry.parts == 1 && !is_of_first_layer(entry.name) &&
      entry.dtype == safetensors_name(destination.dtype()))
    file.safetensors->read_into(entry.stored, destination);
  else
    copy_floats(read(entry), destination, names_[entry.file] + ": '" + entry.stored + "'");
}

}  // namespace medley::models
