// Written beside its place.
#include "train/data/list_file.h"

namespace medley::train {

ListFile::ListFile(const std::string& path)
    : path_(path), file_(path + ".new", OutputFile::Mode::create) {}

void ListFile::add(const Json& row) { file_.write((rows_++ == 0 ? "[\n" : ",\n") + row.dump()); }

void ListFile::close() {
  file_.write(rows_ == 0 ? "[]\n" : "\n]\n");
  file_.sync();
  file_.close();
  rename_path(path_ + ".new", path_);
}

}  // namespace medley::train
