// The first half of a step: towers, momentum towers, contrastive loss; and the draw of negatives by
// its similarities.
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

namespace medley::models {
namespace {

constexpr double kSmallestTemperature = 0.001, kLargestTemperature = 0.5;

void check_batch(const char* step, const Batch& batch, bool needs_captions) {
  const int64_t images = batch.images.size(0), texts = batch.text.texts();
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

Contrast Blip::Impl::contrast(const char* step, const Batch& batch, const BatchInfo& info,
                              bool equal_captions) {
  require_training(step);
  check_batch(step, batch, equal_captions);
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
  itc.alpha = alpha;
  itc.device_alpha = info.on_device ? &info.on_device->alpha : nullptr;
  {
    const Scope loss("itc");
    c.itc = autograd::itc(itc);
  }
  c.image_features = itc.image;
  c.text_features = itc.text;
  c.image_momentum = itc.image_momentum;
  c.text_momentum = itc.text_momentum;
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

void Blip::begin_step(int64_t step) {
  Impl& m = *impl_;
  m.require_training("begin_step");
  clamp_temperature(m.temp);
  update_average(m.momentum, m.weights, momentum_kept(m.losses, step));
  const double ramp = m.losses.alpha_steps > 0
                          ? static_cast<double>(step) / static_cast<double>(m.losses.alpha_steps)
                          : 1;
  m.alpha = m.losses.alpha * std::min(1.0, ramp);
}

void Blip::publish(int64_t batch) {
  Impl& m = *impl_;
  if (m.device.kind != Device::Cuda) return;
  const BatchNumbers numbers{static_cast<uint64_t>(batch), m.alpha};
  const std::span bytes(reinterpret_cast<const uint8_t*>(&numbers), sizeof(numbers));
  const Tensor here = Tensor::from(bytes, {sizeof(numbers)});
  if (m.published.defined())
    m.published.copy_from(here);
  else
    m.published = here.to(m.device);
}

const BatchNumbers* Blip::published() const {
  return impl_->published.defined() ? static_cast<const BatchNumbers*>(impl_->published.raw())
                                    : nullptr;
}

DropoutSites Blip::Impl::text_sites(const BatchInfo& info, DropoutSites::Pass pass) const {
  return {model.dropout, info.seed, info.batch, pass, info.device_batch()};
}
DropoutSites Blip::Impl::image_sites(const BatchInfo& info, DropoutSites::Pass pass) const {
  return {model.drop_path, info.seed, info.batch, pass, info.device_batch()};
}

Tensor draw_negatives(const Tensor& sim, const Tensor& caption, const BatchInfo& info,
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
                      .step = static_cast<uint64_t>(info.batch),
                      .device_step = info.device_batch(),
                      .scale = rule.scale,
                      .floor = rule.floor,
                      .direction = direction,
                      .index = index.data<int32_t>()});
  });
  return index;
}

}  // namespace medley::models
