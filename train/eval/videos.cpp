// Zero-shot video retrieval as the original's (eval_retrieval_video.py): eight frames of each
// video; ITC compares their mean feature, ITM looks at the tokens of all of them.
#include <algorithm>

#include "autograd/tape.h"
#include "core/error.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"
#include "train/eval/searches.h"

namespace medley::train {
namespace {

constexpr int64_t kFrames = 8;

// np.arange(0, n, n / 8), cut to whole numbers: a short video shows some frames twice.
std::vector<int64_t> spread_frames(const std::vector<int64_t>& frames) {
  std::vector<int64_t> chosen;
  const auto count = static_cast<int64_t>(frames.size());
  for (int64_t i = 0; i < kFrames; ++i)
    chosen.push_back(frames[static_cast<size_t>(i * count / kFrames)]);
  return chosen;
}

}  // namespace

Evaluated evaluate_videos(const models::Blip& model, const models::Tokenizer& tokenizer,
                          const Dataset& data, const EvalOptions& options) {
  const autograd::NoGrad no_grad;
  const CaptionedSplit split = by_picture(data);
  const bool moves =
      std::any_of(split.items.begin(), split.items.end(),
                  [](const CaptionedItem& item) { return item.pictures.size() > 1; });
  if (!moves)
    throw DataError("these are single pictures, not videos",
                    "a video is a folder of frames or an animation; `medley eval retrieval` "
                    "measures pictures");
  const auto count = static_cast<int64_t>(split.items.size());
  std::vector<std::vector<int64_t>> frames;
  for (const CaptionedItem& item : split.items) frames.push_back(spread_frames(item.pictures));
  EncodedItems encoded(model, count, kFrames);
  for_each_encoded(
      model, data, frames, options.batch_size,
      [&](int64_t begin, const Tensor& tokens) { encoded.keep(model, begin, tokens); });
  const RetrievalRankings rankings =
      rank(model, tokenizer, encoded, split.texts, {options.rerank, options.first, true});
  Evaluated result{Json::object(), searches_as_json(rankings, split)};
  result.figures.set("videos", count).set("texts", static_cast<int64_t>(split.texts.size()));
  add_searches(result.figures, rankings, split, {"v2t", "t2v", true, options.intervals});
  return result;
}

}  // namespace medley::train
