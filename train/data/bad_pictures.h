// Rows whose pictures do not decode, or are the frames of a video, in training: the next good row
// stands in, up to a limit.
//
//   BadPictures rows(data, config.data.max_bad);     // one for a run, used by every worker
//   const DecodedRow row = rows.get(order.samples(step)[i]);
//   ... row.index, row.row, row.picture(number) ...
//   rows.found();                                   // for the report: which, and why
//
// Which row stands in depends on the data alone, so a resumed run skips the same pictures. The
// count begins anew with each process and grows as bad pictures are met.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "train/data/dataset.h"

namespace medley::train {

struct DecodedRow {
  int64_t index = 0;  // the row that was asked for, or the one that stands in
  Row row;
  std::vector<std::shared_ptr<const Image>> pictures;  // as row.pictures
  const Image& picture(int64_t number) const;          // one of row.pictures
};

// The limit of who sets none: 0, or of shards, which nobody can look through, 1 %.
double default_max_bad(const Dataset& data);

class BadPictures {
 public:
  // max_bad: so many pictures, or below 1 that part of all; 0: the first one is an error.
  BadPictures(const Dataset& data, double max_bad);

  // Any thread. Throws DataError when a further bad picture would be one too many.
  DecodedRow get(int64_t index);
  // What is wrong with each bad picture that was met, by its number; with a row that cannot be
  // read by -1 - its number.
  std::map<int64_t, std::string> found() const;

 private:
  void require_pictures(const DecodedRow& decoded) const;
  void note(int64_t number, const std::string& reason);

  const Dataset& data_;
  int64_t limit_;
  mutable std::mutex mutex_;
  std::map<int64_t, std::string> found_;
};

}  // namespace medley::train
