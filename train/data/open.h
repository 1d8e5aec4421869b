// Opens a data set of any usual form, which it recognises by content (docs/data.md has an example
// of each):
//
//   OpenedData opened = open_data("coco/annotations/captions_train2017.json");
//   opened.summary();   // "COCO captions: 591,753 captions of 118,287 pictures"
//
// Parts that are joined by :: follow one another as one data set, whatever form each has:
//
//   open_data("web-{00000..00147}.tar::coco/captions.json");
//
// What is wrong with it is a DataError that names file and row.
#pragma once

#include <memory>
#include <string>

#include "train/data/row_dataset.h"

namespace medley::train {

struct OpenedData {
  std::unique_ptr<Dataset> data;
  std::string form;      // "COCO captions"
  std::string counts;    // "591,753 captions of 118,287 pictures"
  std::string left_out;  // "keys without a picture (3)"; empty: nothing
  std::string images;    // folder or tar of all pictures; empty: shards, or several places
  // All of them in a line.
  std::string summary() const;
};

// A file, a folder, shards as name-{00000..00147}.tar, or FILE#SPLIT where a file holds several
// splits (SPLIT+SPLIT takes two); or several of them. Throws IoError, DataError, ConfigError.
OpenedData open_data(const std::string& path, const DataOptions& options = {});
// A path with every part of it absolute; those that are not yet begin at `folder`.
std::string absolute_data(const std::string& path, const std::string& folder = "");

}  // namespace medley::train
