// Asks a model about pictures and texts.
#include "train/pipeline/pipeline.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/linear.h"
#include "autograd/ops/rows.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "models/text/pass.h"
#include "train/data/decode.h"
#include "train/data/resize.h"
#include "train/eval/encoded.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

using FirstToken = models::Blip::FirstToken;

// As large as the model takes it: of a batch one picture at a time is there in its own size.
struct Reader {
  int64_t side;

  Image operator()(const std::string& path) const {
    return resize_bicubic(read_image(path, {.upright = true}), side, side);
  }
  Image operator()(const std::vector<uint8_t>& bytes) const {
    return resize_bicubic(decode_image(bytes, "the picture", {.upright = true}), side, side);
  }
  Image operator()(const Image& image) const {
    check_picture_size(static_cast<uint64_t>(image.width), static_cast<uint64_t>(image.height),
                       "the picture");
    if (static_cast<int64_t>(image.rgb.size()) != 3 * image.width * image.height)
      throw ValueError("a picture has another number of bytes than its width and height say",
                       "rgb holds 3 bytes for each pixel");
    return resize_bicubic(image, side, side);
  }
};

int64_t count(const EncodedPictures& pictures) { return pictures.pixels.size(0); }

// [1, N, C]
Tensor picture(const EncodedPictures& pictures, int64_t i) {
  return pictures.tokens.slice(0, i, i + 1).contiguous();
}

// So that a picture's draws depend on it alone, not on those beside it.
std::vector<uint64_t> streams_of(const Tensor& pixels) {
  std::vector<uint64_t> streams;
  const auto bytes = pixels.bytes() / static_cast<size_t>(pixels.size(0));
  for (int64_t i = 0; i < pixels.size(0); ++i) {
    Checksum sum;
    sum.add({static_cast<const char*>(pixels.raw()) + static_cast<size_t>(i) * bytes, bytes});
    streams.push_back(sum.value());
  }
  return streams;
}

// Of the tokens that follow the prompt. A text of the greatest length has no [SEP].
double mean_probability(const models::Generated& text, size_t prompt,
                        const models::GenerateOptions& options) {
  const auto length = static_cast<double>(text.ids.size() + 1);  // [DEC] counts
  const bool ended = length < static_cast<double>(options.max_length);
  const double written = static_cast<double>(text.ids.size() - prompt) + (ended ? 1 : 0);
  return std::exp(text.score * std::pow(length, options.length_penalty) / written);
}

// Softmax of two logits, the second's share.
double share_of_second(float first, float second) {
  return 1 / (1 + std::exp(static_cast<double>(first) - static_cast<double>(second)));
}

// The first token's state of every sequence.
Tensor first_states(const Tensor& states, const models::PackedText& text) {
  return autograd::gather_rows(states, models::first_rows(text));
}

Tensor only_image(const models::PackedText& texts) {
  return Tensor::zeros({texts.texts()}, DType::i32);
}

}  // namespace

Pipeline Pipeline::open(const std::string& path, const OpenOptions& options) {
  return Pipeline(load_model(path, options));
}

Reply Pipeline::caption(const Picture& picture, const models::GenerateOptions& options,
                        const std::string& prompt) const {
  return captions(encode(picture), options, prompt)[0][0];
}

Match Pipeline::match(const Picture& picture, const std::string& text) const {
  model_.require(model_.matching(), "matching head");
  return matches(encode(picture), encode_texts({text}))[0][0];
}

Reply Pipeline::answer(const Picture& picture, const std::string& question,
                       const AnswerRules& rules) const {
  return answers(encode(picture), {question}, rules)[0][0];
}

std::vector<float> Pipeline::image_features(const Picture& picture) const {
  return image_features(encode(picture), Features::contrast).to_vector<float>();
}

std::vector<float> Pipeline::text_features(const std::string& text) const {
  return text_features({text}, Features::contrast).to_vector<float>();
}

Tensor Pipeline::pixels(const std::vector<Picture>& pictures) const {
  const int64_t side = model_.config.model.image_size;
  std::vector<std::shared_ptr<const Image>> images;
  for (const Picture& picture : pictures)
    images.push_back(std::make_shared<const Image>(std::visit(Reader{side}, picture)));
  return picture_tensor(images, side);
}

EncodedPictures Pipeline::encode_pictures(const Tensor& pixels) const {
  const autograd::NoGrad no_grad;
  if (model_.base) return {pixels, {}};
  return {pixels,
          model_.vqa ? model_.vqa->encode_image(pixels) : model_.model->encode_image(pixels)};
}

EncodedTexts Pipeline::encode_texts(const std::vector<std::string>& texts) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.projections(), "projections into a common space");
  const models::PackedText tokens = model_.encode(texts);
  return {tokens,
          model_.base ? model_.base->text_features(tokens) : model_.model->text_features(tokens)};
}

std::vector<std::vector<Reply>> Pipeline::captions(const EncodedPictures& pictures,
                                                   const models::GenerateOptions& options,
                                                   const std::string& prompt) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.captions(), "caption decoder");
  models::GenerateOptions generate = options;
  if (generate.max_length == 0) generate.max_length = model_.caption_tokens();
  const std::string& own = model_.config.prompt;
  const bool hidden = prompt.empty() && !own.empty();
  const std::vector<int32_t> start = model_.tokenizer.encode(hidden ? own : model_.clean(prompt));
  std::vector<std::vector<Reply>> captions;
  for (const std::vector<models::Generated>& texts :
       model_.model->caption(pictures.tokens, generate, start, streams_of(pictures.pixels))) {
    std::vector<Reply>& said = captions.emplace_back();
    for (const models::Generated& text : texts) {
      const auto first = text.ids.begin() + (hidden ? static_cast<int64_t>(start.size()) : 0);
      said.push_back({model_.tokenizer.decode({first, text.ids.end()}), text.score,
                      mean_probability(text, start.size(), generate)});
    }
  }
  return captions;
}

std::vector<std::vector<Match>> Pipeline::matches(const EncodedPictures& pictures,
                                                  const EncodedTexts& texts,
                                                  std::optional<FirstToken> first) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.matching(), "matching head");
  models::Blip& blip = *model_.model;
  if (!first) first = model_.as_original ? FirstToken::enc : FirstToken::cls;
  const std::vector<float> cosine =
      autograd::linear(blip.image_features(pictures.tokens), texts.features, Tensor())
          .to_vector<float>();
  const Tensor image = only_image(texts.tokens);
  std::vector<std::vector<Match>> all;
  size_t pair = 0;
  for (int64_t i = 0; i < count(pictures); ++i) {
    const std::vector<float> logits =
        blip.match(picture(pictures, i), texts.tokens, image, *first).to_vector<float>();
    std::vector<Match>& row = all.emplace_back();
    for (size_t t = 0; t < logits.size(); t += 2)
      row.push_back(
          {share_of_second(logits[t], logits[t + 1]), static_cast<double>(cosine[pair++])});
  }
  return all;
}

std::vector<std::vector<double>> Pipeline::own_matches(
    const EncodedPictures& pictures, const std::vector<std::vector<std::string>>& texts) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.matching(), "matching head");
  std::vector<std::vector<double>> all(texts.size());
  std::vector<std::string> flat;
  std::vector<int32_t> picture_of;
  for (size_t i = 0; i < texts.size(); ++i)
    for (const std::string& text : texts[i]) {
      flat.push_back(text);
      picture_of.push_back(static_cast<int32_t>(i));
    }
  if (flat.empty()) return all;
  const std::vector<float> logits =
      model_.model
          ->match(pictures.tokens, model_.encode(flat),
                  Tensor::from(picture_of, {static_cast<int64_t>(flat.size())}),
                  model_.as_original ? FirstToken::enc : FirstToken::cls)
          .to_vector<float>();
  for (size_t t = 0; t < flat.size(); ++t)
    all[static_cast<size_t>(picture_of[t])].push_back(
        share_of_second(logits[2 * t], logits[2 * t + 1]));
  return all;
}

std::vector<std::vector<Reply>> Pipeline::answers(const EncodedPictures& pictures,
                                                  const std::vector<std::string>& questions,
                                                  const AnswerRules& rules) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.vqa != nullptr, "answer decoder");
  models::Vqa& vqa = *model_.vqa;
  const models::PackedText candidates =
      rules.candidates.empty() ? models::PackedText() : model_.encode(rules.candidates);
  const auto rank = std::min(rules.rank, candidates.texts());
  const auto answer = [&](const models::Memory& memory) -> Reply {
    if (rules.candidates.empty()) {
      const models::Generated text = vqa.answer(memory, rules.generate)[0][0];
      return {.text = model_.tokenizer.decode(text.ids), .score = text.score};
    }
    const models::Vqa::Ranked ranked = vqa.rank(memory, candidates, rank)[0];
    return {.text = rules.candidates[static_cast<size_t>(ranked.best)],
            .score = *std::max_element(ranked.score.begin(), ranked.score.end())};
  };
  // One by one: a question that is not padded does not depend on those beside it.
  std::vector<models::PackedText> asked;
  for (const std::string& question : questions)
    asked.push_back(models::pack({model_.encode(question)}));
  std::vector<std::vector<Reply>> all;
  for (int64_t i = 0; i < count(pictures); ++i) {
    const Tensor image = picture(pictures, i);
    std::vector<Reply>& row = all.emplace_back();
    for (const models::PackedText& question : asked)
      row.push_back(answer(
          vqa.read(image, question, model_.as_original ? FirstToken::enc : FirstToken::cls)));
  }
  return all;
}

Tensor Pipeline::image_features(const EncodedPictures& pictures, Features kind) const {
  const autograd::NoGrad no_grad;
  if (kind == Features::contrast) {
    model_.require(model_.projections(), "projections into a common space");
    return model_.base ? model_.base->image_features(pictures.pixels)
                       : model_.model->image_features(pictures.tokens);
  }
  model_.require(model_.model != nullptr, "features of this kind");
  const Tensor& tokens = pictures.tokens;
  return tokens.slice(1, 0, 1).contiguous().view({tokens.size(0), tokens.size(2)});
}

Tensor Pipeline::text_features(const std::vector<std::string>& texts, Features kind) const {
  if (kind == Features::contrast) return encode_texts(texts).features;
  const autograd::NoGrad no_grad;
  model_.require(model_.matching(), "text encoder");
  const models::PackedText tokens = model_.encode(texts);
  return first_states(model_.model->text_states(tokens), tokens);
}

Tensor Pipeline::pair_features(const EncodedPictures& pictures,
                               const std::vector<std::string>& texts) const {
  const autograd::NoGrad no_grad;
  model_.require(model_.matching(), "text encoder");
  const models::PackedText tokens = model_.encode(texts);
  const Tensor image = only_image(tokens);
  std::vector<Tensor> pairs;
  for (int64_t i = 0; i < count(pictures); ++i)
    pairs.push_back(
        first_states(model_.model->multimodal_states(picture(pictures, i), tokens, image), tokens));
  return autograd::concat_rows(pairs);
}

}  // namespace medley::train
