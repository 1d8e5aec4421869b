// Recall of retrieval. The rank of a query is the place, from 0, of its first right candidate.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace medley::train {

// No right candidate: the rank after all others.
inline constexpr int64_t kNotFound = std::numeric_limits<int64_t>::max();

// Part of the queries with a rank below k; 0 when there are none.
double recall_at(std::span<const int64_t> ranks, int64_t k);

// The same for one query whose candidates, of which `right` are right, are in random order: the
// probability that one of them is among the first k.
double chance_at(int64_t k, int64_t right, int64_t candidates);

struct RecallPercent {
  double r1 = 0, r5 = 0, r10 = 0, mean = 0;
};
// In percent, as the evaluation of BLIP's retrieval reports it.
struct RetrievalPercent {
  RecallPercent text, image;  // texts of an image; images of a text
  double mean = 0;
};
// image_to_text [images, texts] and text_to_image [texts, images] in row order; image_of_text[t]
// is the image that text t describes. For an image the best of its texts counts. A wrong candidate
// with the same score as a right one stands before it: the figure does not depend on how a sort
// orders ties. Throws ShapeError for sizes that do not fit, DataError for an image without a text,
// a text of no image, and scores that are NaN.
RetrievalPercent retrieval_percent(std::span<const float> image_to_text,
                                   std::span<const float> text_to_image, int64_t images,
                                   std::span<const int64_t> image_of_text);

}  // namespace medley::train
