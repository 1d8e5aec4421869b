// Captions: learning to write them, and writing them.
#include "autograd/ops/cross_entropy.h"
#include "core/scope.h"
#include "models/blip/impl.h"
#include "models/generation/generate.h"
#include "models/text/next_token.h"

namespace medley::models {

Tensor Blip::caption_loss(const Batch& batch, int64_t given, const BatchInfo& info) {
  const Impl& m = *impl_;
  const Scope scope("blip");
  m.require_training("caption_loss");
  const NextTokens next = next_tokens(batch.text, given);
  MedPass pass = decoder_pass(batch.text, m.tokens.dec, next);
  pass.dropout = m.text_sites(info, DropoutSites::lockstep);
  pass.image = m.student.image.tokens(batch.images, m.image_sites(info, DropoutSites::lockstep));
  pass.images = autograd::uniform_sequences(batch.images.size(0), m.model.tokens_per_image(),
                                            pass.image.device());
  const Tensor logits = m.student.text.logits(m.student.text.forward(pass));
  if (info.trace) info.trace->lm_logits = logits;
  const Scope loss("lm");
  return autograd::cross_entropy(logits, next.tokens, m.losses.label_smoothing);
}

std::vector<std::vector<Generated>> Blip::caption(const Tensor& image_tokens,
                                                  const GenerateOptions& options,
                                                  const std::vector<int32_t>& prompt,
                                                  const std::vector<uint64_t>& streams) {
  const Scope scope("blip");
  std::vector<int32_t> start{impl_->tokens.dec};
  start.insert(start.end(), prompt.begin(), prompt.end());
  const Memory images{impl_->image_rows(image_tokens),
                      autograd::uniform_sequences(image_tokens.size(0),
                                                  impl_->model.tokens_per_image(), impl_->device)};
  return generate(impl_->student.text, images, {start, impl_->tokens.sep}, options, streams);
}

}  // namespace medley::models
