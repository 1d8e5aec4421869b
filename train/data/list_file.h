// A JSON list that is written a row at a time and appears under its name once it is whole. Memory
// does not grow with the number of rows.
#pragma once

#include <string>

#include "core/json.h"
#include "train/io/files.h"

namespace medley::train {

class ListFile {
 public:
  explicit ListFile(const std::string& path);
  ~ListFile();  // what was not closed is removed
  ListFile(const ListFile&) = delete;
  ListFile& operator=(const ListFile&) = delete;
  void add(const Json& row);
  void close();

 private:
  std::string path_;
  OutputFile file_;
  int64_t rows_ = 0;
  bool closed_ = false;
};

}  // namespace medley::train
