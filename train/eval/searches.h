// The figures of retrieval, and its results one by one, as JSON.
#pragma once

#include "core/json.h"
#include "train/eval/captioned.h"
#include "train/eval/retrieval.h"

namespace medley::train {

struct SearchNames {
  const char *to_text, *to_image;  // keys; with "_itm" after them when ITM ranked again
  bool median = false;             // of the ranks, too
  bool intervals = true;
};
// A text is right for an item when it is one of its captions or references. The queries of one item
// are drawn together for the intervals; a text that several items have goes with the first.
void add_searches(Json& figures, const RetrievalRankings& rankings, const CaptionedSplit& split,
                  const SearchNames& names);

// For each item the first ten texts, and for each text the first ten items, best first:
// {"texts_of_image": [{"image_id", "rank", "found": [text, ...]}], "images_of_text": [{"text",
// "rank", "found": [image_id, ...]}]}. rank: place of the first right one, from 1; null when it is
// not among those that are listed.
Json searches_as_json(const RetrievalRankings& rankings, const CaptionedSplit& split);

}  // namespace medley::train
