// A data set of captions by picture: every picture (or video) once, with every text that is right
// for it, and the distinct captions as a gallery to search in.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "train/data/dataset.h"

namespace medley::train {

struct CaptionedItem {
  std::vector<int64_t> pictures;  // one; of a video its frames
  std::string id;                 // of the source, else the name of the first picture
  // Captions of its rows and their references, as written.
  std::vector<std::string> captions, references;
  std::set<std::string> right;       // all of them, cleaned
  std::vector<int64_t> right_texts;  // those that are in the gallery, ascending
  std::vector<int64_t> own_texts;    // of its captions, those that no item before it has
};

struct CaptionedSplit {
  std::vector<CaptionedItem> items;  // in the order of their first rows
  std::vector<std::string> texts;    // the gallery: distinct cleaned captions, sorted
  // Of each text how many items it is right for.
  std::vector<int64_t> items_of_text;

  bool is_right(int64_t item, int64_t text) const;
};

// Rows that show the same pictures are one item. Throws DataError for a data set of another kind.
CaptionedSplit by_picture(const Dataset& data);

}  // namespace medley::train
