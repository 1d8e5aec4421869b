// A step of question answering, forward.
#include "models/objectives/answering.h"

#include "autograd/dtype_switch.h"
#include "autograd/ops/cross_entropy.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"

namespace medley::models {

Answering::Answering(std::shared_ptr<Vqa> vqa, double label_smoothing, uint64_t seed)
    : Objective(vqa->weights(), seed), vqa_(std::move(vqa)), label_smoothing_(label_smoothing) {}

// An answer has several words, so that its loss by chance depends on the data.
std::vector<LossInfo> Answering::losses_of(int64_t) const {
  return {{"lm", "LM: the words of the answers", std::nullopt, ""}};
}

BatchResult Answering::losses(const Batch& batch) {
  const ModelConfig& model = vqa_->model();
  const size_t answers = batch.answers.lengths.size();
  if (batch.question_of.size() != answers || batch.answer_weights.size() != answers)
    throw ValueError(
        str("[answering] the batch has ", answers, " answers but ", batch.question_of.size(),
            " questions of them and ", batch.answer_weights.size(), " weights"),
        "give each answer its question and its weight");
  const Tensor images =
      vqa_->encode_image(batch.images, sites(model.drop_path, DropoutSites::contrast));
  const Memory questions = vqa_->read(images, batch.text, Blip::FirstToken::enc,
                                      sites(model.dropout, DropoutSites::contrast));
  const NextTokens next = next_tokens(batch.answers);
  const Tensor logits = vqa_->decode(questions, batch.answers, batch.question_of, next,
                                     sites(model.dropout, DropoutSites::lockstep));
  std::vector<double> weights;
  for (size_t a = 0; a < answers; ++a)
    weights.insert(weights.end(), static_cast<size_t>(next.lengths[a]),
                   batch.answer_weights[a] / static_cast<double>(batch.images.size(0)));
  const Scope scope("vqa.lm");
  const Tensor lm = autograd::cross_entropy(logits, next.tokens, label_smoothing_,
                                            Tensor::from(weights, {logits.size(0)})
                                                .to(autograd::wide(logits.dtype()))
                                                .to(logits.device()));
  return {.total = lm, .losses = {lm}, .kept = {}};
}

}  // namespace medley::models
