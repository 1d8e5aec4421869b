// One pre-training step, forward (Li et al. 2022, section 3.2).
#include <algorithm>

#include "autograd/dtype_switch.h"
#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/sampling.h"
#include "models/blip/blip.h"
#include "models/blip/impl.h"
#include "models/blip/joint.h"
#include "models/blip/momentum.h"
#include "models/blip/queue.h"

namespace medley::models {
namespace {

constexpr double kSmallestTemperature = 0.001, kLargestTemperature = 0.5;

void check_batch(const Batch& batch, bool needs_captions) {
  const int64_t images = batch.images.size(0),
                texts = static_cast<int64_t>(batch.text.lengths.size());
  if (images != texts)
    throw ValueError(str("[pretrain] the batch has ", images, " images and ", texts, " captions"));
  if (images < 2)
    throw ValueError(str("[pretrain] a batch of ", images, " has no negative pair"),
                     "use a batch_size of at least 2");
  if (needs_captions && (!batch.caption.defined() || batch.caption.elements() != images))
    throw ValueError(str("[pretrain] equal_captions needs the caption ids of ", images, " pairs"));
}

void clamp_temperature(const Tensor& temp) {
  if (temp.device().kind != Device::Cpu) return;
  autograd::with_float("pretrain", temp.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T& value = *temp.data<T>();
    value = std::clamp(value, static_cast<T>(kSmallestTemperature),
                       static_cast<T>(kLargestTemperature));
  });
  temp.bump_version();
}

// sim [B, B + Q] -> B indices. On Meta nothing can be drawn: the next pair stands in, so that
// lengths add up.
std::vector<int32_t> draw_negatives(const Tensor& sim, const Tensor& caption, const StepInfo& info,
                                    uint32_t direction) {
  const int64_t batch = sim.size(0);
  if (sim.device().kind == Device::Meta) {
    std::vector<int32_t> next;
    for (int64_t b = 0; b < batch; ++b) next.push_back(static_cast<int32_t>((b + 1) % batch));
    return next;
  }
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
                      .direction = direction,
                      .index = index.data<int32_t>()});
  });
  return index.to_vector<int32_t>();
}

}  // namespace

StepResult Blip::pretrain(const Batch& batch, const StepInfo& info) {
  Impl& m = *impl_;
  const Scope scope("blip");
  check_batch(batch, m.losses.equal_captions);
  const int64_t B = batch.images.size(0);
  const auto sites = [&](DropoutSites::Pass pass) {
    return DropoutSites{m.model.dropout, info.seed, info.step, pass};
  };
  const auto image_sites = [&](DropoutSites::Pass pass) {
    return DropoutSites{m.model.drop_path, info.seed, info.step, pass};
  };

  clamp_temperature(m.temp);
  update_average(m.momentum, m.weights, momentum_kept(m.losses, info.step));

  const Tensor image =
      m.student.image.tokens(batch.images, image_sites(DropoutSites::contrast));  // [B N, C]
  autograd::ItcInputs itc;
  itc.image = m.student.image_features(
      autograd::gather_rows(image, m.student.image.class_rows(B, image.device())));
  itc.text = m.student.text_features(batch.text, sites(DropoutSites::contrast));
  {
    const autograd::NoGrad no_grad;
    const Scope teacher("momentum");
    // The original drops in its momentum towers too.
    itc.image_momentum = m.teacher.image_features(
        m.teacher.image.class_tokens(batch.images, image_sites(DropoutSites::momentum)));
    itc.text_momentum = m.teacher.text_features(batch.text, sites(DropoutSites::momentum));
  }
  const Tensor caption = m.losses.equal_captions ? batch.caption : Tensor();
  itc.temp = m.temp;
  itc.caption = caption;
  if (m.losses.queue_size > 0) {
    itc.image_queue = m.queue.image;
    itc.text_queue = m.queue.text;
    if (caption.defined()) itc.queue_caption = m.queue.caption;
  }
  const double ramp = m.losses.alpha_steps > 0 ? static_cast<double>(info.step) /
                                                     static_cast<double>(m.losses.alpha_steps)
                                               : 1;
  itc.alpha = m.losses.alpha * std::min(1.0, ramp);
  StepResult result;
  autograd::ItcResult contrast;
  {
    const Scope loss("itc");
    contrast = autograd::itc(itc);
    result.itc = contrast.loss;
  }
  enqueue(m.queue, itc.image_momentum, itc.text_momentum, batch.caption);

  const auto negatives = [&](const Tensor& given, const Tensor& sim, uint32_t direction) {
    return given.defined() ? host_values(given) : draw_negatives(sim, caption, info, direction);
  };
  JointTexts joint = joint_texts(batch.text, negatives(info.negative_images, contrast.sim_t2i, 0),
                                 negatives(info.negative_texts, contrast.sim_i2t, 1), m.tokens);
  joint.pass.image = image;
  joint.pass.images = autograd::uniform_sequences(B, m.model.tokens_per_image(), image.device());
  joint.pass.dropout = sites(DropoutSites::lockstep);
  const std::vector<Tensor> hidden =
      autograd::split_rows(m.student.text.forward(joint.pass), {3 * B, joint.next_token.size(0)});
  if (info.trace) {
    StepTrace& trace = *info.trace;
    trace.image_tokens = image;
    trace.image_features = itc.image;
    trace.text_features = itc.text;
    trace.image_momentum = itc.image_momentum;
    trace.text_momentum = itc.text_momentum;
    trace.sim_i2t = contrast.sim_i2t;
    trace.sim_t2i = contrast.sim_t2i;
    trace.target_i2t = contrast.target_i2t;
    trace.target_t2i = contrast.target_t2i;
    trace.itm_hidden = hidden[0];
  }
  {
    const Scope loss("itm");
    const Tensor logits = m.itm_head(hidden[0]);
    if (info.trace) info.trace->itm_logits = logits;
    result.itm_logits = logits.clone();  // backward writes over the logits
    result.itm = autograd::cross_entropy(logits, joint.match);
  }
  {
    const Scope loss("lm");
    const Tensor logits = m.student.text.logits(hidden[1]);
    if (info.trace) info.trace->lm_logits = logits;
    result.lm = autograd::cross_entropy(logits, joint.next_token, m.losses.label_smoothing);
  }
  result.total = autograd::add(autograd::add(result.itc, result.itm), result.lm);
  return result;
}

}  // namespace medley::models
