// Greedy captions of encoded pictures, and their scores.
#include "train/eval/captioning.h"

#include <algorithm>

#include "autograd/tape.h"

namespace medley::train {
namespace {

constexpr int64_t kImages = 128;  // at a time

}  // namespace

std::vector<std::vector<int32_t>> caption_tokens(models::Blip& model, const Tensor& image_tokens) {
  autograd::NoGrad no_grad;
  std::vector<std::vector<int32_t>> said;
  for (int64_t i = 0; i < image_tokens.size(0); i += kImages) {
    Tensor part = image_tokens.slice(0, i, std::min(i + kImages, image_tokens.size(0)));
    for (std::vector<models::Generated>& texts :
         model.caption(part, {.max_length = model.model().max_tokens}))
      said.push_back(std::move(texts[0].ids));
  }
  return said;
}

std::vector<std::string> write_captions(models::Blip& model, const models::Tokenizer& tokenizer,
                                        const Tensor& image_tokens) {
  std::vector<std::string> said;
  for (const std::vector<int32_t>& ids : caption_tokens(model, image_tokens))
    said.push_back(tokenizer.decode(ids));
  return said;
}

std::string plain(const models::Tokenizer& tokenizer, const std::string& text) {
  return tokenizer.decode(tokenizer.encode(text));
}

CaptionScores score_captions(const std::vector<std::string>& said,
                             const models::Tokenizer& tokenizer, const EncodedSplit& split) {
  std::vector<std::set<std::string>> names;
  std::vector<std::string> captions;
  for (size_t i = 0; i < said.size(); ++i) {
    captions.push_back(plain(tokenizer, split.captions[i]));
    std::set<std::string>& all = names.emplace_back();
    for (const std::string& name : split.names[i]) all.insert(plain(tokenizer, name));
  }
  return caption_scores(said, names, captions);
}

}  // namespace medley::train
