// A trained BLIP, ready to use. open() takes what there is: a run or checkpoint of medley, a
// Hugging Face folder, the original's .pth. Pictures and texts go in as they are.
//
//   const medley::Pipeline blip = medley::Pipeline::open("blip-image-captioning-base");
//   std::cout << blip.caption("photo.jpg").text << "\n";
//
// What a model was not trained for throws CheckpointError.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "train/data/dataset.h"
#include "train/pipeline/load_model.h"

namespace medley::train {

// The path of a picture file; the bytes of one; or its pixels. Files are turned upright as their
// EXIF orientation says.
using Picture = std::variant<std::string, std::vector<uint8_t>, Image>;

// A caption or an answer.
struct Reply {
  std::string text;
  double score = 0;  // log-probability: models::Generated, or models::Vqa::Ranked when chosen
  // Of a caption: the geometric mean of the probabilities of the tokens that follow the prompt, its
  // end counted.
  double probability = 0;
};

struct Match {
  double probability = 0;  // that the text belongs to the picture (ITM)
  double cosine = 0;       // of their features (ITC)
};

struct AnswerRules {
  // The original's: 3 beams, 10 tokens at most.
  models::GenerateOptions generate{.max_length = 10, .min_length = 1, .beams = 3};
  std::vector<std::string> candidates = {};  // an answer is chosen from them; empty: it is written
  int64_t rank = 128;                        // candidates that are scored whole
};

// Pictures and texts that the model has read: done once, used as often as wanted.
struct EncodedPictures {
  Tensor pixels;  // [B, 3, S, S]
  Tensor tokens;  // [B, N, C]; undefined for a BlipModel
};
struct EncodedTexts {
  models::PackedText tokens;
  Tensor features;  // [T, E]
};

class Pipeline {
 public:
  static Pipeline open(const std::string& path, const OpenOptions& options = {});
  explicit Pipeline(LoadedModel model) : model_(std::move(model)) {}

  // max_length 0: captions as long as those that the model was trained on. The caption begins with
  // the prompt. Without one it begins as the model was trained to, which is no part of the text.
  Reply caption(const Picture& picture, const models::GenerateOptions& options = {.max_length = 0},
                const std::string& prompt = {}) const;
  Match match(const Picture& picture, const std::string& text) const;
  Reply answer(const Picture& picture, const std::string& question,
               const AnswerRules& rules = {}) const;
  // Unit vectors in one space: their dot product says how alike a picture and a text are.
  std::vector<float> image_features(const Picture& picture) const;
  std::vector<float> text_features(const std::string& text) const;

  // Many at once. One picture's results do not depend on those beside it.
  Tensor pixels(const std::vector<Picture>& pictures) const;  // [B, 3, S, S], as the model takes it
  EncodedPictures encode_pictures(const Tensor& pixels) const;
  EncodedTexts encode_texts(const std::vector<std::string>& texts) const;
  // options.returned texts for each picture, best first. Draws depend on the picture and the seed.
  std::vector<std::vector<Reply>> captions(const EncodedPictures& pictures,
                                           const models::GenerateOptions& options,
                                           const std::string& prompt = {}) const;
  // For each picture, every text. The first token is what the model was trained with, unless given.
  std::vector<std::vector<Match>> matches(
      const EncodedPictures& pictures, const EncodedTexts& texts,
      std::optional<models::Blip::FirstToken> first = std::nullopt) const;
  // For each picture, texts of its own: the probability that they match. A picture may have none.
  // Throws ValueError for a text without a word.
  std::vector<std::vector<double>> own_matches(
      const EncodedPictures& pictures, const std::vector<std::vector<std::string>>& texts) const;
  // For each picture, every question.
  std::vector<std::vector<Reply>> answers(const EncodedPictures& pictures,
                                          const std::vector<std::string>& questions,
                                          const AnswerRules& rules = {}) const;

  // contrast: unit vectors in one space [.., E]; state: the last state of the class token [.., C].
  enum class Features { contrast, state };
  Tensor image_features(const EncodedPictures& pictures, Features kind) const;
  Tensor text_features(const std::vector<std::string>& texts, Features kind) const;
  // Last state of [ENC] for every picture with every text, picture by picture: [B T, C].
  Tensor pair_features(const EncodedPictures& pictures,
                       const std::vector<std::string>& texts) const;

  const LoadedModel& model() const { return model_; }

 private:
  EncodedPictures encode(const Picture& picture) const {
    return encode_pictures(pixels({picture}));
  }

  LoadedModel model_;
};

}  // namespace medley::train

namespace medley {
using train::Pipeline;
}
