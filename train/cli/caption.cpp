// medley caption: pictures in, captions out.
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/cli/stopwatch.h"

namespace medley::train {
namespace {

// One picture: its texts. Several: a list of such lists. This is what transformers' image-to-text
// pipeline gives, with more keys.
Json in_pipeline_shape(const std::vector<Json>& pictures, bool single) {
  if (single && pictures.size() == 1) return pictures[0];
  Json all = Json::array();
  for (const Json& picture : pictures) all.push(picture);
  return all;
}

}  // namespace

int caption(const CaptionOptions& options) {
  const std::vector<std::string> files = picture_files(options.files);
  const Pipeline blip = Pipeline::open(options.model, options.open);
  blip.model().require(blip.model().captions(), "caption decoder");

  std::vector<Json> results;
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double read) {
    const auto each = static_cast<double>(good.size());
    Stopwatch watch;
    const EncodedPictures pictures = blip.encode_pictures(pixels);
    const double encode = watch.milliseconds();
    const auto texts = blip.captions(pictures, options.generate, options.prompt);
    const Json timings = Json::object()
                             .set("read_ms", read / each)
                             .set("encode_ms", encode / each)
                             .set("generate_ms", (watch.milliseconds() - encode) / each);
    for (size_t i = 0; i < good.size(); ++i) {
      Json& picture = results.emplace_back(Json::array());
      for (const Reply& text : texts[i]) {
        picture.push(Json::object()
                         .set("generated_text", text.text)
                         .set("score", text.score)
                         .set("file", good[i])
                         .set("timings", timings));
        if (!options.json) print(good[i] + ": " + text.text);
      }
    }
  };
  const std::vector<PictureError> errors = for_each_batch(files, options.batch, blip, use);
  if (options.json) print_json(in_pipeline_shape(results, files.size() == 1));
  return report_pictures(errors);
}

}  // namespace medley::train
