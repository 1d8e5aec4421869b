// Rows are collected as text and written a list at a time.
#include "train/data/tasks/task_folder.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

std::string made(const std::string& folder) {
  make_folders(folder);
  return folder;
}

}  // namespace

TaskFolder::TaskFolder(const std::string& folder)
    : folder_(made(folder)), tar_(folder + "/images.tar") {}

void TaskFolder::add_picture(const std::string& name, std::span<const uint8_t> bytes) {
  if (stored_.insert(name).second) tar_.add(name, bytes);
}

void TaskFolder::add_row(const Json& row, const std::vector<std::string>& pictures,
                         const std::string& answer) {
  for (const std::string& picture : pictures) {
    if (!has_picture(picture)) throw ValueError("[tasks] nobody has added " + picture);
    named_.insert(picture);
  }
  if (example_.empty()) example_ = row.dump();
  text_ += (summary_.rows++ == 0 ? "[\n" : ",\n") + row.dump();
  ++answers_[answer];
}

void TaskFolder::end_list(const std::string& split) {
  if (summary_.rows == 0) return;
  summary_.list = split + ".json";
  summary_.pictures = static_cast<int64_t>(named_.size());
  summary_.answers = static_cast<int64_t>(answers_.size());
  const auto most =
      std::max_element(answers_.begin(), answers_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  summary_.guess = most->first;
  summary_.share = static_cast<double>(most->second) / static_cast<double>(summary_.rows);
  replace_file(folder_ + "/" + summary_.list, text_ + "\n]\n");
  lists_.push_back(std::move(summary_));
  summary_ = {};
  text_.clear();
  named_.clear();
  answers_.clear();
}

void TaskFolder::add_text(const std::string& name, const std::string& text) {
  replace_file(folder_ + "/" + name, text);
}

std::vector<ListSummary> TaskFolder::close() {
  tar_.close();
  return lists_;
}

}  // namespace medley::train
