// medley match: how well each text fits each picture.
#include <cmath>

#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "train/cli/commands.h"
#include "train/cli/open_model.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// Softmax of two logits, the second's share.
double share_of_second(float first, float second) {
  return 1 / (1 + std::exp(static_cast<double>(first) - static_cast<double>(second)));
}

models::PackedText pack_texts(const OpenModel& open, const std::vector<std::string>& texts) {
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) ids.push_back(open.encode(text));
  return models::pack(ids);
}

models::Blip::FirstToken first_token(const OpenModel& open, const std::string& asked) {
  if (asked.empty() ? open.own : asked == "enc") return models::Blip::FirstToken::enc;
  return models::Blip::FirstToken::cls;
}

}  // namespace

int match(const MatchOptions& options) {
  const autograd::NoGrad no_grad;
  const std::vector<std::string> files = picture_files(options.files);
  const OpenModel open = open_model(options.model, options.device);
  open.require(open.matching, "matching head");
  models::Blip& model = *open.blip;
  const models::Blip::FirstToken first = first_token(open, options.first_token);
  const models::PackedText texts = pack_texts(open, options.texts);
  const Tensor text_features = model.text_features(texts);
  const auto count = static_cast<int64_t>(options.texts.size());
  const Tensor only_image = Tensor::zeros({count}, DType::i32);

  Json results = Json::array();
  std::vector<std::vector<std::string>> rows{{"picture", "text", "match", "cosine"}};
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double) {
    const Tensor tokens = model.encode_image(pixels);
    const std::vector<float> cosine =
        autograd::linear(model.image_features(tokens), text_features, Tensor()).to_vector<float>();
    for (size_t i = 0; i < good.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      const std::vector<float> logits =
          model.match(tokens.slice(0, row, row + 1).contiguous(), texts, only_image, first)
              .to_vector<float>();
      for (size_t t = 0; t < options.texts.size(); ++t) {
        const double probability = share_of_second(logits[2 * t], logits[2 * t + 1]);
        const auto similarity = static_cast<double>(cosine[i * options.texts.size() + t]);
        results.push(Json::object()
                         .set("file", good[i])
                         .set("text", options.texts[t])
                         .set("itm_probability", probability)
                         .set("itc_cosine", similarity));
        rows.push_back({good[i], options.texts[t], fixed(probability, 3), fixed(similarity, 3)});
      }
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, open.config.image_size, use);
  if (options.json)
    print_json(results);
  else
    print_table(rows);
  return report_pictures(errors);
}

}  // namespace medley::train
