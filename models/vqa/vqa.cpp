// Builds the model; questions in, losses and answers out.
#include "models/vqa/vqa.h"

#include <numeric>

#include "autograd/ops/cross_entropy.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "models/generation/generate.h"
#include "models/text/next_token.h"

namespace medley::models {
namespace {

Tensor indices(const std::vector<int32_t>& values, Device device) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, device);
}

std::vector<int32_t> one_to_one(int64_t count) {
  std::vector<int32_t> index(static_cast<size_t>(count));
  std::iota(index.begin(), index.end(), 0);
  return index;
}

}  // namespace

Vqa::Vqa(const ModelConfig& config, SpecialTokens tokens, DType dtype, Device device,
         std::optional<uint64_t> seed, double label_smoothing)
    : config_(config), tokens_(tokens), device_(device), label_smoothing_(label_smoothing) {
  const Scope scope("vqa");
  validate(config);
  autograd::ParameterBuilder builder;
  image_ = Vit(builder, "visual_encoder", config);
  encoder_ = Med(builder, "text_encoder", config);
  encoder_.add_cross_attention(builder);
  decoder_ = Med::separate_decoder(builder, "text_decoder", config, config.text_width);
  weights_ = seed ? builder.build(dtype, device, *seed) : builder.build_zeros(dtype, device);
}

Tensor Vqa::encode_image(const Tensor& images, const DropoutSites& sites) {
  const Scope scope("vqa");
  return image_.tokens(images, sites)
      .view({images.size(0), config_.tokens_per_image(), config_.vit_width});
}

Memory Vqa::read(const Tensor& image_tokens, const PackedText& questions, Blip::FirstToken first,
                 const DropoutSites& sites) {
  const Scope scope("vqa");
  const int64_t images = image_tokens.size(0);
  if (images != static_cast<int64_t>(questions.lengths.size()))
    throw ValueError(
        str("[vqa] ", images, " images do not go with ", questions.lengths.size(), " questions"),
        "give an image for each question");
  const Tensor ids =
      first == Blip::FirstToken::enc ? with_first_token(questions, tokens_.enc) : questions.ids;
  MedPass pass = with_all_rows(encoder_pass(questions, ids));
  pass.dropout = sites;
  pass.image = image_tokens.view({images * image_tokens.size(1), image_tokens.size(2)});
  pass.images = autograd::uniform_sequences(images, image_tokens.size(1), device_);
  pass.encoder.image_of = indices(one_to_one(images), device_);
  return {encoder_.forward(pass), questions.sequences};
}

Tensor Vqa::decode(const Memory& questions, const PackedText& answers,
                   const std::vector<int32_t>& question_of, const NextTokens& next,
                   const DropoutSites& sites) const {
  const Scope scope("vqa");
  MedPass pass = decoder_pass(answers, tokens_.dec, next);
  pass.dropout = sites;
  pass.image = questions.rows;
  pass.images = questions.sequences;
  pass.decoder.image_of = indices(question_of, device_);
  return decoder_.logits(decoder_.forward(pass));
}

std::vector<double> Vqa::answer_losses(const Memory& questions, const PackedText& answers,
                                       const std::vector<int32_t>& question_of) {
  const autograd::NoGrad no_grad;
  const NextTokens next = next_tokens(answers);
  const std::vector<double> rows =
      autograd::cross_entropy_rows(decode(questions, answers, question_of, next), next.tokens,
                                   label_smoothing_)
          .to(DType::f64)
          .to_vector<double>();
  std::vector<double> losses;
  auto row = rows.begin();
  for (const int32_t length : next.lengths) {
    losses.push_back(std::accumulate(row, row + length, 0.0));
    row += length;
  }
  return losses;
}

std::vector<std::vector<Generated>> Vqa::answer(const Memory& questions,
                                                const GenerateOptions& options) {
  const Scope scope("vqa");
  return generate(decoder_, questions, {{tokens_.dec}, tokens_.sep}, options);
}

}  // namespace medley::models
