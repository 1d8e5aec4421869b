// medley caption: pictures in, captions out.
#include "autograd/tape.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/decode.h"
#include "train/eval/encoded.h"
#include "train/loop/run_folder.h"

namespace medley::train {
namespace {

constexpr size_t kFilesAtOnce = 32;

}  // namespace

int caption(const CaptionOptions& options) {
  autograd::NoGrad no_grad;
  LoadedModel loaded = load_model(options.run);
  const models::ModelConfig& config = loaded.config.model;
  std::vector<int32_t> prompt = loaded.tokenizer.encode(models::clean_caption(options.prompt));
  Json results = Json::array();
  for (size_t begin = 0; begin < options.files.size(); begin += kFilesAtOnce) {
    size_t end = std::min(begin + kFilesAtOnce, options.files.size());
    std::vector<Image> images;
    for (size_t i = begin; i < end; ++i) images.push_back(read_image(options.files[i]));
    Tensor tokens = loaded.model->encode_image(picture_tensor(images, config.image_size));
    const auto said = loaded.model->caption(tokens, {.max_length = config.max_tokens}, prompt);
    for (size_t i = begin; i < end; ++i) {
      std::string text = loaded.tokenizer.decode(said[i - begin][0].ids);
      results.push(Json::object().set("generated_text", text).set("file", options.files[i]));
      if (!options.json) print(options.files[i] + ": " + text);
    }
  }
  if (options.json) print_json(results);
  return 0;
}

}  // namespace medley::train
