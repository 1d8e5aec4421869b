// Visual question answering (Li et al. 2022, section 5.4 and figure 5b): an image-grounded question
// encoder, and an answer decoder of its own whose cross-attention reads the question's states.
// Names are the original's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/generation/decoder.h"
#include "models/generation/options.h"
#include "models/text/next_token.h"
#include "models/vision/vit.h"

namespace medley::models {

class Vqa {
 public:
  // No seed: for inference, weights of zero to be loaded.
  Vqa(const ModelConfig& config, SpecialTokens tokens, DType dtype, Device device,
      std::optional<uint64_t> seed, double label_smoothing = 0.1);

  // [B, 3, S, S] -> [B, N, C]
  Tensor encode_image(const Tensor& images, const DropoutSites& sites = {});
  // States of question i, which looks at image i. The model is trained with [ENC] in front;
  // transformers' class leaves [CLS] there.
  Memory read(const Tensor& image_tokens, const PackedText& questions,
              Blip::FirstToken first = Blip::FirstToken::enc, const DropoutSites& sites = {});
  // The same with every question padded to the longest by `pad`, whose states count too: what the
  // original's generation reads, so that an answer depends on the questions beside it.
  Memory read_padded(const Tensor& image_tokens, const PackedText& questions, int32_t pad,
                     Blip::FirstToken first = Blip::FirstToken::enc);

  // Scores of the next token of the answers' rows that predict: [rows, V].
  Tensor decode(const Memory& questions, const PackedText& answers,
                const std::vector<int32_t>& question_of, const NextTokens& next,
                const DropoutSites& sites = {}) const;
  // Texts, see models/generation/generate.h. The original takes 3 beams, 10 tokens at most.
  std::vector<std::vector<Generated>> answer(const Memory& questions,
                                             const GenerateOptions& options);

  // Candidates of one question, best first.
  struct Ranked {
    std::vector<int32_t> candidate;   // the k of the most likely first tokens, in that order
    std::vector<double> first_token;  // probability of their first tokens
    std::vector<double> score;        // minus their label-smoothed losses, summed over tokens
    int32_t best = 0;                 // the candidate of the highest score
  };
  // For each question, over texts [CLS] words [SEP]. Throws ValueError unless k is 1 .. candidates.
  std::vector<Ranked> rank(const Memory& questions, const PackedText& candidates, int64_t k);

  // Loss of each answer, summed over its tokens: [answers] f64.
  std::vector<double> answer_losses(const Memory& questions, const PackedText& answers,
                                    const std::vector<int32_t>& question_of);

  const ModelConfig& model() const { return config_; }
  autograd::ParameterStore& weights() { return weights_; }

 private:
  ModelConfig config_;
  SpecialTokens tokens_;
  Device device_;
  double label_smoothing_;
  Vit image_;
  Med encoder_, decoder_;
  autograd::ParameterStore weights_;
};

}  // namespace medley::models
