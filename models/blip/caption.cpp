// Captions: their scores, and writing them.
#include <numeric>

#include "core/constant.h"
#include "core/scope.h"
#include "models/blip/blip.h"
#include "models/generation/generate.h"

namespace medley::models {

Tensor Blip::decode(const Tensor& image_tokens, const PackedText& text, const NextTokens& next,
                    const DropoutSites& sites) const {
  const Scope scope("blip");
  MedPass pass = decoder_pass(to(text, device_), tokens_.dec, next);
  pass.dropout = sites;
  pass.image = image_rows(image_tokens);
  pass.images =
      autograd::uniform_sequences(image_tokens.size(0), model_.tokens_per_image(), device_);
  if (text.padding > 0) {  // its texts are given the first image, and nothing reads them
    std::vector<int32_t> image_of(text.lengths.size());
    std::iota(image_of.begin(), image_of.begin() + text.texts(), 0);
    pass.decoder.image_of = constant_indices(image_of, device_);
  }
  return towers_.text.logits(towers_.text.forward(pass));
}

std::vector<std::vector<Generated>> Blip::caption(const Tensor& image_tokens,
                                                  const GenerateOptions& options,
                                                  const std::vector<int32_t>& prompt,
                                                  const std::vector<uint64_t>& streams) const {
  const Scope scope("blip");
  std::vector<int32_t> start{tokens_.dec};
  start.insert(start.end(), prompt.begin(), prompt.end());
  const Memory images{
      image_rows(image_tokens),
      autograd::uniform_sequences(image_tokens.size(0), model_.tokens_per_image(), device_)};
  return generate(towers_.text, images, {start, tokens_.sep}, options, streams);
}

}  // namespace medley::models
