// Decodes, resizes and encodes.
#include "train/eval/encoded.h"

#include <algorithm>

#include "core/threads.h"
#include "train/data/picture.h"

namespace medley::train {
namespace {

Tensor tensor_of(int64_t count, int64_t side, const std::function<void(int64_t, float*)>& fill) {
  Tensor tensor = Tensor::empty({count, 3, side, side});
  float* out = tensor.data<float>();
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) fill(i, out + i * 3 * side * side);
  });
  return tensor;
}

}  // namespace

Tensor picture_tensor(const std::vector<std::shared_ptr<const Image>>& images, int64_t side) {
  return tensor_of(static_cast<int64_t>(images.size()), side, [&](int64_t i, float* out) {
    prepare_picture(*images[static_cast<size_t>(i)], side, out);
  });
}

Tensor picture_tensor(const Dataset& data, const std::vector<int64_t>& pictures, int64_t side) {
  return tensor_of(static_cast<int64_t>(pictures.size()), side, [&](int64_t i, float* out) {
    prepare_picture(*data.picture(pictures[static_cast<size_t>(i)]), side, out);
  });
}

void for_each_encoded(const models::Blip& model, const Dataset& data,
                      const std::vector<std::vector<int64_t>>& sequences, int64_t batch_size,
                      const std::function<void(int64_t begin, const Tensor& tokens)>& use) {
  const models::ModelConfig& config = model.model();
  const auto count = static_cast<int64_t>(sequences.size());
  const auto length = count ? static_cast<int64_t>(sequences[0].size()) : 1;
  const int64_t step = std::max<int64_t>(1, batch_size / length);
  for (int64_t begin = 0; begin < count; begin += step) {
    const int64_t end = std::min(begin + step, count);
    std::vector<int64_t> pictures;
    for (int64_t i = begin; i < end; ++i) {
      const std::vector<int64_t>& sequence = sequences[static_cast<size_t>(i)];
      pictures.insert(pictures.end(), sequence.begin(), sequence.end());
    }
    use(begin, model.encode_image(picture_tensor(data, pictures, config.image_size))
                   .view({end - begin, length * config.tokens_per_image(), config.vit_width}));
  }
}

}  // namespace medley::train
