// Momentum towers, queues, ITC and the draw of negatives.
#include "models/objectives/contrastive.h"

#include <algorithm>

#include "autograd/dtype_switch.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "kernels/clamp.h"
#include "kernels/dispatch.h"
#include "kernels/sampling.h"
#include "kernels/wide.h"
#include "models/objectives/momentum.h"

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

// Places in BatchResult::kept.
enum Kept { kItmLogits, kImageMomentum, kTextMomentum, kCaption };

double accuracy(const Tensor& logits) {  // [3B, 2], the first third are matches
  const std::vector<float> values = logits.to(DType::f32).to_vector<float>();
  const int64_t rows = logits.size(0);
  int64_t right = 0;
  for (int64_t i = 0; i < rows; ++i) {
    const bool match = values[static_cast<size_t>(2 * i + 1)] > values[static_cast<size_t>(2 * i)];
    right += match == (i < rows / 3);
  }
  return static_cast<double>(right) / static_cast<double>(rows);
}

}  // namespace

Contrastive::Contrastive(std::shared_ptr<Blip> blip, const LossConfig& config, uint64_t seed)
    : Objective(blip->weights(), seed), blip_(std::move(blip)), config_(config) {
  const Scope scope("blip");
  validate(config_);
  const DType dtype = blip_->temp().compute().dtype();
  autograd::ParameterBuilder builder;
  teacher_ = Towers(builder, kMomentumNames, blip_->model());
  momentum_ = builder.build_zeros(dtype, device());
  check_same_range(momentum_, weights());
  Contrastive::restart();
  queue_ = make_queue(config_.queue_size, blip_->model().embed_dim, autograd::wide(dtype), device(),
                      seed);
}

void Contrastive::restart() { update_average(momentum_, weights(), nullptr); }

BatchNumbers Contrastive::numbers_of(int64_t step) const {
  const double ramp = config_.alpha_steps > 0
                          ? static_cast<double>(step) / static_cast<double>(config_.alpha_steps)
                          : 1;
  return {.alpha = config_.alpha * std::min(1.0, ramp), .keep = momentum_kept(config_, step)};
}

void Contrastive::prepare() {
  clamp_temperature(blip_->temp());
  update_average(momentum_, weights(), numbers() ? &numbers()->keep : nullptr);
}

void Contrastive::commit(const BatchResult& result) {
  enqueue(queue_, result.kept[kImageMomentum], result.kept[kTextMomentum], result.kept[kCaption]);
}

std::vector<LossInfo> Contrastive::losses_of(int64_t batch_size) const {
  // ITM guesses by the 1 : 2 of right and wrong pairs: -(1/3 ln 1/3 + 2/3 ln 2/3).
  return {one_of("itc", "ITC: which text goes with which picture", batch_size + config_.queue_size),
          {"itm", "ITM: does this text fit this picture", 0.6365141682948128, "",
           /*plateau=*/1000}};
}

std::vector<Figure> Contrastive::figures() const {
  return {{"itc", Figure::loss},
          {"itm", Figure::loss},
          {"itm_accuracy", Figure::mean},
          {"temperature", Figure::last}};
}

std::vector<double> Contrastive::read(const BatchResult& result) const {
  std::vector<double> values = Objective::read(result);
  values.insert(values.begin() + 2, accuracy(result.kept[kItmLogits]));
  values.push_back(blip_->temperature());
  return values;
}

ObjectiveState Contrastive::state() {
  const int64_t last = std::max<int64_t>(0, config_.queue_size - 1);
  ObjectiveState state{
      {{"momentum", &momentum_.weights}}, {}, {{"queue_next", &queue_.next, last}}};
  // A tensor of no rows says nothing.
  if (config_.queue_size > 0)
    state.tensors.push_back(
        {"queue", {{"image", queue_.image}, {"text", queue_.text}, {"caption", queue_.caption}}});
  return state;
}

Contrastive::Contrast Contrastive::contrast(const char* step, const Batch& batch,
                                            bool equal_captions) const {
  check_batch(step, batch, equal_captions);
  const ModelConfig& model = blip_->model();
  const Towers& student = blip_->towers();
  const auto image_sites = [&](DropoutSites::Pass pass) { return sites(model.drop_path, pass); };
  const auto text_sites = [&](DropoutSites::Pass pass) { return sites(model.dropout, pass); };
  Contrast c;
  c.caption = equal_captions ? batch.caption : Tensor();
  Tensor patches;  // of both image towers
  c.image = student.image.tokens(batch.images, image_sites(DropoutSites::contrast), &patches);
  autograd::ItcInputs itc;
  itc.image = student.image_features(autograd::gather_rows(
      c.image, student.image.class_rows(batch.images.size(0), c.image.device())));
  itc.text = student.text_features(batch.text, text_sites(DropoutSites::contrast));
  {
    const autograd::NoGrad no_grad;
    const Scope teaching("momentum");
    // The original drops in its momentum towers too.
    itc.image_momentum = teacher_.image_features(
        teacher_.image.class_tokens(batch.images, image_sites(DropoutSites::momentum), &patches));
    itc.text_momentum = teacher_.text_features(batch.text, text_sites(DropoutSites::momentum));
  }
  itc.temp = blip_->temp();
  itc.caption = c.caption;
  if (config_.queue_size > 0) {
    itc.image_queue = queue_.image;
    itc.text_queue = queue_.text;
    if (c.caption.defined()) itc.queue_caption = queue_.caption;
  }
  itc.alpha = numbers() ? &numbers()->alpha : nullptr;
  {
    const Scope loss("itc");
    c.itc = autograd::itc(itc);
  }
  c.image_features = itc.image;
  c.text_features = itc.text;
  c.image_momentum = itc.image_momentum;
  c.text_momentum = itc.text_momentum;
  if (trace) {
    trace->image_tokens = c.image;
    trace->image_features = itc.image;
    trace->text_features = itc.text;
    trace->image_momentum = itc.image_momentum;
    trace->text_momentum = itc.text_momentum;
    trace->sim_i2t = c.itc.sim_i2t;
    trace->sim_t2i = c.itc.sim_t2i;
    trace->target_i2t = c.itc.target_i2t;
    trace->target_t2i = c.itc.target_t2i;
  }
  return c;
}

Tensor Contrastive::draw_negatives(const Tensor& sim, const Tensor& caption, uint32_t direction,
                                   NegativeRule rule) const {
  const int64_t batch = sim.size(0);
  const Tensor index = Tensor::empty({batch}, DType::i32, sim.device());
  autograd::with_float("sample_negatives", sim.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(sample_negatives, sim.device(),
                  kernels::SampleNegatives<T>{
                      .batch = batch,
                      .sim = sim.data<T>(),
                      .ld = sim.size(1),
                      .caption = caption.defined() ? caption.data<int64_t>() : nullptr,
                      .temp = rule.by_temperature ? blip_->temp().tensor().data<T>() : nullptr,
                      .floor = rule.floor,
                      .seed = seed(),
                      .step = numbers() ? &numbers()->batch : nullptr,
                      .direction = direction,
                      .index = index.data<int32_t>()});
  });
  return index;
}

Tensor Contrastive::joint_states(const JointTexts& texts, const Contrast& contrast) const {
  const ModelConfig& model = blip_->model();
  MedPass pass = texts.pass;
  pass.image = contrast.image;
  pass.images = autograd::uniform_sequences(contrast.image.size(0) / model.tokens_per_image(),
                                            model.tokens_per_image(), contrast.image.device());
  pass.dropout = sites(model.dropout, DropoutSites::lockstep);
  return blip_->towers().text.forward(pass);
}

BatchResult Contrastive::matched(const Tensor& hidden, const JointTexts& texts,
                                 const Contrast& contrast, const Batch& batch) const {
  const Scope loss("itm");
  const Tensor logits = blip_->itm_head()(hidden);
  if (trace) {
    trace->itm_hidden = hidden;
    trace->itm_logits = logits;
  }
  BatchResult result;
  result.kept.resize(kCaption + 1);
  result.kept[kItmLogits] = logits.detach().clone();  // backward writes over the logits
  result.kept[kImageMomentum] = contrast.image_momentum;
  result.kept[kTextMomentum] = contrast.text_momentum;
  result.kept[kCaption] = batch.caption;
  result.losses = {contrast.itc.loss, autograd::cross_entropy(logits, texts.match)};
  return result;
}

}  // namespace medley::models
