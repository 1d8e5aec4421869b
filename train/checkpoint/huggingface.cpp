// Files of a Hugging Face folder.
#include "train/checkpoint/huggingface.h"

#include "core/error.h"
#include "models/weights/hf_folder.h"
#include "train/checkpoint/tensor_file.h"
#include "train/io/files.h"

namespace medley::train {

void write_huggingface(const std::string& folder, const FlatArena& weights,
                       const models::HfConfig& config, const models::Tokenizer& tokenizer) {
  if (!list_folder(folder).empty())
    throw IoError(folder + " is not empty", "name a new folder: nothing is overwritten");
  const std::vector<models::NamedTensor> tensors = models::hf_tensors(weights, config.kind);
  make_folders(folder);
  for (const auto& [name, contents] : models::hf_texts(config, tokenizer))
    replace_file(folder + "/" + name, contents);
  write_tensor_file(folder + "/model.safetensors", tensors, models::hf_metadata());
}

}  // namespace medley::train
