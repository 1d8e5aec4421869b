// A split as the model sees it: every picture and every distinct caption encoded once.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"

namespace medley::train {

struct EncodedSplit {
  Tensor image_tokens;                // [n, N, C]
  std::vector<std::string> captions;  // [n], cleaned
  // [n]: every text that is right: the caption and its references, cleaned.
  std::vector<std::set<std::string>> names;
  std::vector<std::string> texts;  // [T]: the distinct captions, sorted: the gallery
};

EncodedSplit encode_split(models::Blip& model, const Dataset& data, int64_t batch_size);

// [B, 3, side, side] of 8-bit pictures of any size, resized and normalised as the model takes them.
Tensor picture_tensor(const std::vector<std::shared_ptr<const Image>>& images, int64_t side);

}  // namespace medley::train
