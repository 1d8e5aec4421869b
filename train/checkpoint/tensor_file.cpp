// Writes a safetensors file aside.
#include "train/checkpoint/tensor_file.h"

#include <filesystem>

#include "train/io/files.h"

namespace medley::train {

void write_tensor_file(const std::string& path, const std::vector<models::NamedTensor>& tensors,
                       const models::SafetensorsMetadata& metadata) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string(), partial = path + ".partial";
  require_space(folder, models::safetensors_size(tensors, metadata));
  OutputFile file(partial, OutputFile::Mode::create);
  models::write_safetensors(tensors, metadata, [&](std::span<const char> bytes) {
    file.write({bytes.data(), bytes.size()});
  });
  file.sync();
  file.close();
  rename_path(partial, path);
  sync_folder(folder);
}

}  // namespace medley::train
