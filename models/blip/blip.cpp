// Builds a BLIP; its parts for inference that are one call each.
#include "models/blip/blip.h"

#include "autograd/dtype_switch.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "models/blip/impl.h"
#include "models/blip/momentum.h"
#include "models/blip/queue.h"

namespace medley::models {

using autograd::Init;
using autograd::ParameterBuilder;

namespace {

// What inference is given may lie anywhere. Where it lies on the device already its link is kept.
Tensor on_device(const Tensor& t, Device device) { return t.device() == device ? t : t.to(device); }

}  // namespace

// The order of declaration is the order in memory: first what the momentum model has too, last the
// temperature, which may have a learning rate of its own.
Blip::Impl::Impl(const ModelConfig& model_config, const LossConfig& loss_config,
                 SpecialTokens special, DType element_type, Device on, std::optional<uint64_t> seed)
    : model(model_config), losses(loss_config), tokens(special), dtype(element_type), device(on) {
  const Scope scope("blip");
  validate(model);
  validate(losses);
  for (const int32_t token : {tokens.sep, tokens.dec, tokens.enc})
    if (token < 0 || token >= model.vocab_size)
      throw ConfigError(
          str("[blip] special token ", token, " is outside a vocabulary of ", model.vocab_size),
          "vocab_size must be the tokenizer's");
  ParameterBuilder builder;
  student = Towers(builder, kStudentNames, model);
  student.text.add_cross_attention(builder);
  student.text.add_decoder(builder, "text_decoder");
  itm_head = autograd::Linear(builder, "itm_head", model.text_width, 2);
  temp = builder.add("temp", {}, Init::fill(losses.temperature));
  if (!seed) {
    weights = builder.build_zeros(dtype, device);
    return;
  }
  weights = builder.build(dtype, device, *seed);
  ParameterBuilder average;
  teacher = Towers(average, kMomentumNames, model);
  momentum = average.build(dtype, device, *seed, /*with_gradients=*/false);
  check_same_range(momentum, weights);
  update_average(momentum, weights, 0);
  queue = make_queue(losses.queue_size, model.embed_dim, autograd::wide(dtype), device, *seed);
}

void Blip::Impl::require_training(const char* step) const {
  if (!momentum.weights.flat().defined())
    throw ValueError(str("[", step, "] this model is for inference alone: it has no gradients"),
                     "build it with losses and a seed");
}

Tensor Blip::Impl::image_rows(const Tensor& image_tokens) const {
  const int64_t tokens_per_image = model.tokens_per_image();
  if (image_tokens.rank() != 3 || image_tokens.size(1) != tokens_per_image ||
      image_tokens.size(2) != model.vit_width)
    throw ShapeError(str("[blip] image tokens have shape ", image_tokens.shape(),
                         " instead of (B, ", tokens_per_image, ", ", model.vit_width, ")"),
                     "encode_image makes them");
  return on_device(image_tokens, device)
      .view({image_tokens.size(0) * tokens_per_image, model.vit_width});
}

Blip::Blip(const ModelConfig& model, const LossConfig& losses, SpecialTokens tokens, DType dtype,
           Device device, uint64_t seed)
    : impl_(std::make_unique<Impl>(model, losses, tokens, dtype, device, seed)) {}
Blip::Blip(const ModelConfig& model, SpecialTokens tokens, DType dtype, Device device)
    : impl_(std::make_unique<Impl>(model, LossConfig{}, tokens, dtype, device, std::nullopt)) {}
Blip::~Blip() = default;

Tensor Blip::encode_image(const Tensor& images) {
  const Scope scope("blip");
  return impl_->student.image.tokens(on_device(images, impl_->device))
      .view({images.size(0), impl_->model.tokens_per_image(), impl_->model.vit_width});
}

Tensor Blip::image_features(const Tensor& image_tokens) {
  const Scope scope("blip");
  const Towers& towers = impl_->student;
  const Tensor rows = impl_->image_rows(image_tokens);
  return towers.image_features(
      autograd::gather_rows(rows, towers.image.class_rows(image_tokens.size(0), rows.device())));
}

Tensor Blip::text_features(const PackedText& text) {
  const Scope scope("blip");
  return impl_->student.text_features(to(text, impl_->device));
}

MedPass Blip::Impl::joint_pass(const Tensor& image_tokens, const PackedText& text,
                               const Tensor& ids, const Tensor& kv_index) const {
  MedPass pass = encoder_pass(to(text, device), on_device(ids, device));
  pass.image = image_rows(image_tokens);
  pass.images = autograd::uniform_sequences(image_tokens.size(0), model.tokens_per_image(), device);
  pass.image_of = on_device(kv_index, device);
  return pass;
}

Tensor Blip::text_states(const PackedText& text) {
  const Scope scope("blip");
  const PackedText moved = to(text, impl_->device);
  return impl_->student.text.forward(with_all_rows(encoder_pass(moved, moved.ids)));
}

Tensor Blip::multimodal_states(const Tensor& image_tokens, const PackedText& text,
                               const Tensor& kv_index) {
  const Scope scope("blip");
  const Tensor ids = with_first_token(text, impl_->tokens.enc);
  return impl_->student.text.forward(
      with_all_rows(impl_->joint_pass(image_tokens, text, ids, kv_index)));
}

Tensor Blip::match(const Tensor& image_tokens, const PackedText& text, const Tensor& kv_index,
                   FirstToken first) {
  const Scope scope("blip");
  const Tensor ids =
      first == FirstToken::enc ? with_first_token(text, impl_->tokens.enc) : text.ids;
  const MedPass pass = impl_->joint_pass(image_tokens, text, ids, kv_index);
  const Tensor hidden = impl_->student.text.forward(pass);
  const Scope head("itm_head");
  return impl_->itm_head(hidden);
}

const ModelConfig& Blip::model() const { return impl_->model; }
const LossConfig& Blip::losses() const { return impl_->losses; }
autograd::ParameterStore& Blip::weights() { return impl_->weights; }
autograd::ParameterStore& Blip::momentum() { return impl_->momentum; }
FeatureQueue& Blip::queue() { return impl_->queue; }
double Blip::temperature() const { return impl_->temp.tensor().item(); }

}  // namespace medley::models
