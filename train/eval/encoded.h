// Pictures as a model takes them and as it sees them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/blip/blip.h"
#include "train/data/dataset.h"

namespace medley::train {

// [B, 3, side, side] of 8-bit pictures of any size, resized and normalised as the model takes them.
Tensor picture_tensor(const std::vector<std::shared_ptr<const Image>>& images, int64_t side);
// The same of pictures of a data set, which are decoded by all threads.
Tensor picture_tensor(const Dataset& data, const std::vector<int64_t>& pictures, int64_t side);

// Encodes sequences of pictures, all of the same length F, about `batch_size` pictures at a time.
// use(begin, tokens) gets those of sequences begin, begin + 1, ...: [b, F N, C].
void for_each_encoded(const models::Blip& model, const Dataset& data,
                      const std::vector<std::vector<int64_t>>& sequences, int64_t batch_size,
                      const std::function<void(int64_t begin, const Tensor& tokens)>& use);

}  // namespace medley::train
