// Opens a data set of any usual form, which it recognises by content (docs/data.md has an example
// of each):
//
//   OpenedData opened = open_data("coco/annotations/captions_train2017.json");
//   opened.summary();   // "COCO captions: 591,753 captions of 118,287 pictures"
//
// What is wrong with it is a DataError that names file and row.
#pragma once

#include <memory>
#include <string>

#include "train/data/row_dataset.h"

namespace medley::train {

struct DataOptions {
  // Folder or tar of the pictures that a list names. Empty: looked for beside the list (images.tar,
  // the list's folder, its sub-folders, the folder above).
  std::string images{};
  ColumnNames columns{};  // of tables
  // Pictures that are not there fail when they are asked for, like those that do not decode,
  // instead of now.
  bool keep_missing = false;
  // Everything that is wrong goes there; null: the first of it is thrown.
  Findings* findings = nullptr;
};

struct OpenedData {
  std::unique_ptr<StoredDataset> data;
  std::string form;      // "COCO captions"
  std::string counts;    // "591,753 captions of 118,287 pictures"
  std::string left_out;  // "keys without a picture (3)"; empty: nothing
  // All of them in a line.
  std::string summary() const;
};

// A file, a folder, shards as name-{00000..00147}.tar, or FILE#SPLIT where a file holds several
// splits (SPLIT+SPLIT takes two). Throws IoError, DataError, ConfigError.
OpenedData open_data(const std::string& path, const DataOptions& options = {});

}  // namespace medley::train
