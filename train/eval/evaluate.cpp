// Retrieval and caption figures of one split as JSON.
#include "train/eval/evaluate.h"

#include "train/eval/captioning.h"
#include "train/eval/retrieval.h"

namespace medley::train {
namespace {

Json json(const Recall& recall) { return Json::object().set("r1", recall.r1).set("r5", recall.r5); }

}  // namespace

Json evaluate_split(models::Blip& model, const models::Tokenizer& tokenizer, const Dataset& data,
                    const EvalOptions& options) {
  EncodedSplit split = encode_split(model, data, options.batch_size);
  Json result = Json::object();
  result.set("images", data.size()).set("texts", static_cast<int64_t>(split.texts.size()));
  if (options.retrieval) {
    RetrievalRankings rankings = rank_split(model, tokenizer, split, options.rerank);
    RetrievalScores itc = score(rankings.itc, split);
    result.set("i2t", json(itc.image_to_text)).set("t2i", json(itc.text_to_image));
    if (rankings.itm) {
      RetrievalScores itm = score(*rankings.itm, split);
      result.set("i2t_itm", json(itm.image_to_text)).set("t2i_itm", json(itm.text_to_image));
    }
  }
  if (options.captions) {
    std::vector<std::string> said = write_captions(model, tokenizer, split.image_tokens);
    CaptionScores scores = score_captions(said, tokenizer, split);
    result.set("captions", Json::object()
                               .set("exact", scores.exact)
                               .set("token_f1", scores.token_f1)
                               .set("bleu2", scores.bleu2));
  }
  return result;
}

}  // namespace medley::train
