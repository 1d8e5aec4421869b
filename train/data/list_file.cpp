// Written beside its place.
#include "train/data/list_file.h"

#include <filesystem>

namespace medley::train {

ListFile::ListFile(const std::string& path)
    : path_(path), file_(path + ".new", OutputFile::Mode::create) {}

ListFile::~ListFile() {
  std::error_code error;
  if (!closed_) std::filesystem::remove(path_ + ".new", error);
}

void ListFile::add(const Json& row) { file_.write((rows_++ == 0 ? "[\n" : ",\n") + row.dump()); }

void ListFile::close() {
  file_.write(rows_ == 0 ? "[]\n" : "\n]\n");
  file_.sync();
  file_.close();
  rename_path(path_ + ".new", path_);
  closed_ = true;
}

}  // namespace medley::train
