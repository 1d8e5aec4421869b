// medley match: how well each text fits each picture.
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

std::optional<models::Blip::FirstToken> first_token(const std::string& asked) {
  if (asked.empty()) return std::nullopt;
  return asked == "enc" ? models::Blip::FirstToken::enc : models::Blip::FirstToken::cls;
}

}  // namespace

int match(const MatchOptions& options) {
  const std::vector<std::string> files = picture_files(options.files);
  const Pipeline blip = Pipeline::open(options.model, options.open);
  blip.model().require(blip.model().matching(), "matching head");
  const EncodedTexts texts = blip.encode_texts(options.texts);

  Json results = Json::array();
  std::vector<std::vector<std::string>> rows{{"picture", "text", "match", "cosine"}};
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double) {
    const auto matches =
        blip.matches(blip.encode_pictures(pixels), texts, first_token(options.first_token));
    for (size_t i = 0; i < good.size(); ++i) {
      for (size_t t = 0; t < options.texts.size(); ++t) {
        const Match& m = matches[i][t];
        results.push(Json::object()
                         .set("file", good[i])
                         .set("text", options.texts[t])
                         .set("itm_probability", m.probability)
                         .set("itc_cosine", m.cosine));
        rows.push_back({good[i], options.texts[t], fixed(m.probability, 3), fixed(m.cosine, 3)});
      }
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, blip, options.pictures, use);
  if (options.json)
    print_json(results);
  else
    print_table(rows);
  return report_pictures(errors);
}

}  // namespace medley::train
