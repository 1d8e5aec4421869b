// Builds a BLIP; its parts for inference that are one call each.
#include "models/blip/blip.h"

#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"

namespace medley::models {

using autograd::Init;

// The order of declaration is the order in memory: first what a momentum model has too, last the
// temperature, which may have a learning rate of its own.
Blip::Blip(const ModelConfig& model, SpecialTokens tokens, DType dtype, Device device,
           std::optional<uint64_t> seed, double temperature)
    : model_(model), tokens_(tokens), device_(device) {
  const Scope scope("blip");
  validate(model_);
  for (const int32_t token : {tokens.sep, tokens.dec, tokens.enc})
    if (token < 0 || token >= model.vocab_size)
      throw ConfigError(
          str("[blip] special token ", token, " is outside a vocabulary of ", model.vocab_size),
          "vocab_size must be the tokenizer's");
  autograd::ParameterBuilder builder;
  towers_ = Towers(builder, kStudentNames, model_);
  towers_.text.add_cross_attention(builder);
  towers_.text.add_decoder(builder, "text_decoder");
  itm_head_ = autograd::Linear(builder, "itm_head", model.text_width, 2);
  temp_ = builder.add("temp", {}, Init::fill(temperature));
  weights_ = seed ? builder.build(dtype, device, *seed) : builder.build_zeros(dtype, device);
}

Tensor Blip::image_rows(const Tensor& image_tokens, bool videos) const {
  const int64_t tokens_per_image = model_.tokens_per_image();
  const auto fits = [&](int64_t tokens) {
    return tokens == tokens_per_image || (videos && tokens > 0 && tokens % tokens_per_image == 0);
  };
  if (image_tokens.rank() != 3 || !fits(image_tokens.size(1)) ||
      image_tokens.size(2) != model_.vit_width)
    throw ShapeError(str("[blip] image tokens have shape ", image_tokens.shape(),
                         " instead of (B, ", tokens_per_image, ", ", model_.vit_width, ")"),
                     "encode_image makes them");
  return image_tokens.to(device_).view(
      {image_tokens.size(0) * image_tokens.size(1), model_.vit_width});
}

Tensor Blip::encode_image(const Tensor& images, const DropoutSites& sites) const {
  const Scope scope("blip");
  return towers_.image.tokens(images.to(device_), sites)
      .view({images.size(0), model_.tokens_per_image(), model_.vit_width});
}

Tensor Blip::image_features(const Tensor& image_tokens) const {
  const Scope scope("blip");
  const Tensor rows = image_rows(image_tokens);
  return towers_.image_features(
      autograd::gather_rows(rows, towers_.image.class_rows(image_tokens.size(0), device_)));
}

Tensor Blip::text_features(const PackedText& text) const {
  const Scope scope("blip");
  return towers_.text_features(to(text, device_));
}

MedPass Blip::joint_pass(const Tensor& image_tokens, const PackedText& text, const Tensor& ids,
                         const Tensor& kv_index) const {
  MedPass pass = encoder_pass(to(text, device_), ids.to(device_));
  pass.image = image_rows(image_tokens, true);
  pass.images = autograd::uniform_sequences(image_tokens.size(0), image_tokens.size(1), device_);
  pass.encoder.image_of = kv_index.to(device_);
  return pass;
}

Tensor Blip::text_states(const PackedText& text) const {
  const Scope scope("blip");
  const PackedText moved = to(text, device_);
  return towers_.text.forward(with_all_rows(encoder_pass(moved, moved.ids)));
}

Tensor Blip::multimodal_states(const Tensor& image_tokens, const PackedText& text,
                               const Tensor& kv_index) const {
  const Scope scope("blip");
  const Tensor ids = with_first_token(text, tokens_.enc);
  return towers_.text.forward(with_all_rows(joint_pass(image_tokens, text, ids, kv_index)));
}

Tensor Blip::match(const Tensor& image_tokens, const PackedText& text, const Tensor& kv_index,
                   FirstToken first) const {
  const Scope scope("blip");
  const Tensor ids = first == FirstToken::enc ? with_first_token(text, tokens_.enc) : text.ids;
  const MedPass pass = joint_pass(image_tokens, text, ids, kv_index);
  const Tensor hidden = towers_.text.forward(pass);
  const Scope head("itm_head");
  return itm_head_(hidden);
}

}  // namespace medley::models
