// Retrieval in both directions, by the contrastive space (ITC) and with the first candidates
// re-ranked by the matching head (ITM), as in the original's evaluation.
#pragma once

#include <optional>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/eval/encoded.h"
#include "train/eval/scores.h"

namespace medley::train {

// Candidates of each query, best first; at most max(rerank, 5) of them.
struct Rankings {
  std::vector<std::vector<int64_t>> texts_of_image, images_of_text;
};

// By cosine; with rerank > 0 the first `rerank` are then ordered by ITM's match logit + cosine.
struct RetrievalRankings {
  Rankings itc;
  std::optional<Rankings> itm;
};
RetrievalRankings rank_split(models::Blip& model, const models::Tokenizer& tokenizer,
                             const EncodedSplit& split, int64_t rerank);

struct RetrievalScores {
  Recall image_to_text, text_to_image;
};
// A text is right for a picture when it is its caption or one of its references.
RetrievalScores score(const Rankings& rankings, const EncodedSplit& split);

}  // namespace medley::train
