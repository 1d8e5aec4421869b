// Encodes the pictures of a split and collects its texts.
#include "train/eval/encoded.h"

#include <algorithm>

#include "autograd/tape.h"
#include "core/threads.h"
#include "train/data/picture.h"

namespace medley::train {

Tensor picture_tensor(const std::vector<std::shared_ptr<const Image>>& images, int64_t side) {
  auto count = static_cast<int64_t>(images.size());
  Tensor tensor = Tensor::empty({count, 3, side, side});
  float* out = tensor.data<float>();
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      prepare_picture(*images[static_cast<size_t>(i)], side, out + i * 3 * side * side);
  });
  return tensor;
}

EncodedSplit encode_split(models::Blip& model, const Dataset& data, int64_t batch_size) {
  autograd::NoGrad no_grad;
  const models::ModelConfig& config = model.model();
  EncodedSplit split;
  split.image_tokens = Tensor::empty({data.size(), config.tokens_per_image(), config.vit_width});
  std::set<std::string> distinct;
  for (int64_t begin = 0; begin < data.size(); begin += batch_size) {
    int64_t end = std::min(begin + batch_size, data.size());
    std::vector<std::shared_ptr<const Image>> images;
    for (int64_t i = begin; i < end; ++i) {
      const Row row = data.row(i);
      images.push_back(data.picture(row.pictures.at(0)));
      split.captions.push_back(models::clean_caption(row.text));
      std::set<std::string>& names = split.names.emplace_back();
      names.insert(split.captions.back());
      for (const std::string& reference : row.references)
        names.insert(models::clean_caption(reference));
      distinct.insert(split.captions.back());
    }
    split.image_tokens.slice(0, begin, end)
        .copy_from(model.encode_image(picture_tensor(images, config.image_size)));
  }
  split.texts.assign(distinct.begin(), distinct.end());
  return split;
}

}  // namespace medley::train
