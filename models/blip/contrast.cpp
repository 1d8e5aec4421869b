// The first half of a step: towers, momentum towers, contrastive loss, queue; and the draw of
// negatives by its similarities.
#include <algorithm>

#include "autograd/dtype_switch.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "kernels/clamp.h"
#include "kernels/dispatch.h"
#include "kernels/sampling.h"
#include "kernels/wide.h"
#include "models/blip/impl.h"
#include "models/blip/momentum.h"
#include "models/blip/queue.h"

namespace medley::models {
namespace {

constexpr double kSmallestTemperature = 0.001, kLargestTemperature = 0.5;

void check_batch(const char* step, const Batch& batch, bool needs_captions) {
  const int64_t images = batch.images.size(0),
                texts = static_cast<int64_t>(batch.text.lengths.size());
  if (images != texts)
    throw ValueError(
        str("[", step, "] the batch has ", images, " images and ", texts, " captions"));
  if (images < 2)
    throw ValueError(str("[", step, "] a batch of ", images, " has no negative pair"),
                     "use a batch_size of at least 2");
  if (needs_captions && (!batch.caption.defined() || batch.caption.elements() != images))
    throw ValueError(
        str("[", step, "] equal_captions needs the caption ids of ", images, " pairs"));
}

void clamp_temperature(const Tensor& temp) {
  autograd::with_float("pretrain", temp.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(clamp, temp.device(),
                  kernels::Clamp<T>{.n = 1,
                                    .x = temp.data<T>(),
                                    .low = static_cast<kernels::Wide<T>>(kSmallestTemperature),
                                    .high = static_cast<kernels::Wide<T>>(kLargestTemperature)});
  });
  temp.bump_version();
}

}  // namespace

Contrast Blip::Impl::contrast(const char* step, const Batch& batch, const StepInfo& info,
                              bool equal_captions) {
  require_training(step);
  check_batch(step, batch, equal_captions);
  clamp_temperature(temp);
  update_average(momentum, weights, momentum_kept(losses, info.step));

  Contrast c;
  c.caption = equal_captions ? batch.caption : Tensor();
  c.image = student.image.tokens(batch.images, image_sites(info, DropoutSites::contrast));
  autograd::ItcInputs itc;
  itc.image = student.image_features(autograd::gather_rows(
      c.image, student.image.class_rows(batch.images.size(0), c.image.device())));
  itc.text = student.text_features(batch.text, text_sites(info, DropoutSites::contrast));
  {
    const autograd::NoGrad no_grad;
    const Scope teaching("momentum");
    // The original drops in its momentum towers too.
    itc.image_momentum = teacher.image_features(
        teacher.image.class_tokens(batch.images, image_sites(info, DropoutSites::momentum)));
    itc.text_momentum = teacher.text_features(batch.text, text_sites(info, DropoutSites::momentum));
  }
  itc.temp = temp;
  itc.caption = c.caption;
  if (losses.queue_size > 0) {
    itc.image_queue = queue.image;
    itc.text_queue = queue.text;
    if (c.caption.defined()) itc.queue_caption = queue.caption;
  }
  const double ramp = losses.alpha_steps > 0
                          ? static_cast<double>(info.step) / static_cast<double>(losses.alpha_steps)
                          : 1;
  itc.alpha = losses.alpha * std::min(1.0, ramp);
  {
    const Scope loss("itc");
    c.itc = autograd::itc(itc);
  }
  enqueue(queue, itc.image_momentum, itc.text_momentum, batch.caption);
  c.image_features = itc.image;
  c.text_features = itc.text;
  if (info.trace) {
    StepTrace& trace = *info.trace;
    trace.image_tokens = c.image;
    trace.image_features = itc.image;
    trace.text_features = itc.text;
    trace.image_momentum = itc.image_momentum;
    trace.text_momentum = itc.text_momentum;
    trace.sim_i2t = c.itc.sim_i2t;
    trace.sim_t2i = c.itc.sim_t2i;
    trace.target_i2t = c.itc.target_i2t;
    trace.target_t2i = c.itc.target_t2i;
  }
  return c;
}

DropoutSites Blip::Impl::text_sites(const StepInfo& info, DropoutSites::Pass pass) const {
  return {model.dropout, info.seed, info.step, pass};
}
DropoutSites Blip::Impl::image_sites(const StepInfo& info, DropoutSites::Pass pass) const {
  return {model.drop_path, info.seed, info.step, pass};
}

Tensor draw_negatives(const Tensor& sim, const Tensor& caption, const StepInfo& info,
                      uint32_t direction, NegativeRule rule) {
  const int64_t batch = sim.size(0);
  const Tensor index = Tensor::empty({batch}, DType::i32, sim.device());
  autograd::with_float("pretrain", sim.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(sample_negatives, sim.device(),
                  kernels::SampleNegatives<T>{
                      .batch = batch,
                      .sim = sim.data<T>(),
                      .ld = sim.size(1),
                      .caption = caption.defined() ? caption.data<int64_t>() : nullptr,
                      .seed = info.seed,
                      .step = static_cast<uint64_t>(info.step),
                      .scale = rule.scale,
                      .floor = rule.floor,
                      .direction = direction,
                      .index = index.data<int32_t>()});
  });
  return index;
}

}  // namespace medley::models
