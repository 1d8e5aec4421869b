// Files of a Hugging Face folder.
#include "train/checkpoint/huggingface.h"

#include "core/error.h"
#include "models/weights/hf_folder.h"
#include "train/io/files.h"

namespace medley::train {

void write_huggingface(const std::string& folder, const FlatArena& weights,
                       const models::HfConfig& config, const models::Tokenizer& tokenizer) {
  if (!list_folder(folder).empty())
    throw IoError(folder + " is not empty", "name a new folder: nothing is overwritten");
  const std::vector<models::NamedTensor> tensors = models::hf_tensors(weights, config.kind);
  make_folders(folder);
  require_space(folder, models::safetensors_size(tensors, models::hf_metadata()));
  for (const auto& [name, contents] : models::hf_texts(config, tokenizer))
    replace_file(folder + "/" + name, contents);
  const std::string path = folder + "/model.safetensors", partial = path + ".partial";
  OutputFile file(partial, OutputFile::Mode::create);
  models::write_safetensors(tensors, models::hf_metadata(), [&](std::span<const char> bytes) {
    file.write({bytes.data(), bytes.size()});
  });
  file.sync();
  file.close();
  rename_path(partial, path);
  sync_folder(folder);
}

}  // namespace medley::train
