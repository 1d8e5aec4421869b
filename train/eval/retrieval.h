// Retrieval in both directions, by the contrastive space (ITC) and with the first candidates
// re-ranked by the matching head (ITM), as in the original's evaluation. Of videos every text looks
// at the tokens of all frames.
#pragma once

#include <optional>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/eval/scores.h"

namespace medley::train {

// What texts are compared with: pictures, or videos of F frames each. On the host, which has room.
struct EncodedItems {
  Tensor tokens;    // [n, F N, C]
  Tensor features;  // [n, E], unit rows: projected class token, of a video the mean of its frames'

  EncodedItems(const models::Blip& model, int64_t count, int64_t frames);
  // of items begin, begin + 1, ...: [b, F N, C]
  void keep(const models::Blip& model, int64_t begin, const Tensor& tokens);
};

struct RankRules {
  int64_t rerank = 16;  // candidates that ITM orders again; 0: none
  models::Blip::FirstToken first = models::Blip::FirstToken::enc;
  bool whole = false;  // list every candidate; else the first max(rerank, 10)
};

struct Rankings {
  Ranking texts_of_image, images_of_text;
};
// By cosine. With rerank > 0 the first `rerank` of it are ordered by ITM's match logit + cosine,
// and those that follow stay as they are.
struct RetrievalRankings {
  Rankings itc;
  std::optional<Rankings> itm;
};
RetrievalRankings rank(const models::Blip& model, const models::Tokenizer& tokenizer,
                       const EncodedItems& items, const std::vector<std::string>& texts,
                       const RankRules& rules);

}  // namespace medley::train
