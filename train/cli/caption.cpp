// medley caption: pictures in, captions out.
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/open_model.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/cli/stopwatch.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

// A picture's draws depend on the picture alone, not on those beside it.
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
  const autograd::NoGrad no_grad;
  const std::vector<std::string> files = picture_files(options.files);
  const OpenModel open = open_model(options.model, options.device);
  open.require(open.captions, "caption decoder");
  models::GenerateOptions generate = options.generate;
  if (generate.max_length == 0) generate.max_length = open.caption_tokens;
  const std::vector<int32_t> prompt = open.tokenizer.encode(open.clean(options.prompt));

  std::vector<Json> results;
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double read) {
    const auto each = static_cast<double>(good.size());
    Stopwatch watch;
    const Tensor tokens = open.blip->encode_image(pixels);
    const double encode = watch.milliseconds();
    const auto texts = open.blip->caption(tokens, generate, prompt, streams_of(pixels));
    const Json timings = Json::object()
                             .set("read_ms", read / each)
                             .set("encode_ms", encode / each)
                             .set("generate_ms", (watch.milliseconds() - encode) / each);
    for (size_t i = 0; i < good.size(); ++i) {
      Json& picture = results.emplace_back(Json::array());
      for (const models::Generated& text : texts[i]) {
        const std::string words = open.tokenizer.decode(text.ids);
        picture.push(Json::object()
                         .set("generated_text", words)
                         .set("score", text.score)
                         .set("file", good[i])
                         .set("timings", timings));
        if (!options.json) print(good[i] + ": " + words);
      }
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, open.config.image_size, use);
  if (options.json) print_json(in_pipeline_shape(results, files.size() == 1));
  return report_pictures(errors);
}

}  // namespace medley::train
