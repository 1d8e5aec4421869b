// The folder of a data set that medley makes: images.tar, a list per split with one row a line, and
// a README.md. For each list it counts what a model would score that always says the same.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/json.h"
#include "train/data/tar_writer.h"

namespace medley::train {

struct ListSummary {
  std::string list;                             // "test_pair.json"
  int64_t rows = 0, pictures = 0, answers = 0;  // answers: different ones
  std::string guess;                            // the most frequent answer
  double share = 0;                             // of the rows that it is right for
};

class TaskFolder {
 public:
  explicit TaskFolder(const std::string& folder);  // made anew

  bool has_picture(const std::string& name) const { return stored_.contains(name); }
  void add_picture(const std::string& name, std::span<const uint8_t> bytes);
  // To the list that end_list will write. `pictures` must have been added.
  void add_row(const Json& row, const std::vector<std::string>& pictures,
               const std::string& answer);
  int64_t rows() const { return summary_.rows; }  // of that list
  // Nothing is written without rows.
  void end_list(const std::string& split);
  void add_text(const std::string& name, const std::string& text);
  const std::string& example() const { return example_; }  // the first row
  std::vector<ListSummary> close();                        // of all lists

 private:
  std::string folder_;
  TarWriter tar_;
  std::set<std::string> stored_, named_;  // pictures: in the tar, in this list
  std::string example_;
  std::string text_;  // this list
  std::map<std::string, int64_t> answers_;
  ListSummary summary_;
  std::vector<ListSummary> lists_;
};

}  // namespace medley::train
