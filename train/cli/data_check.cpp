// Looks at every row and every picture, and counts all that is wrong instead of stopping at the
// first.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "models/text/tokenizer.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/decode.h"
#include "train/data/tar.h"

namespace medley::train {
namespace {

constexpr int kExitBadData = 3;
constexpr size_t kShown = 5;  // examples of each problem

class Check {
 public:
  Check(const std::string& list, const TarFile& tar) : tar_(tar) {
    Json::each_element(read_text(list), list, [&](const Json& row) { check_row(row, rows_++); });
  }

  bool good() const { return problems_.empty(); }

  Json result() const {
    Json problems = Json::object(), words = Json::object();
    for (const auto& [kind, examples] : problems_) {
      Json list = Json::array();
      for (size_t i = 0; i < std::min(kShown, examples.size()); ++i) list.push(examples[i]);
      problems.set(
          kind,
          Json::object().set("count", static_cast<int64_t>(examples.size())).set("examples", list));
    }
    if (!words_.empty()) {
      int64_t sum = 0, count = 0;
      for (const auto& [length, times] : words_) sum += length * times, count += times;
      words.set("least", words_.begin()->first)
          .set("mean", static_cast<double>(sum) / static_cast<double>(count))
          .set("most", words_.rbegin()->first);
    }
    return Json::object()
        .set("rows", rows_)
        .set("pictures", static_cast<int64_t>(decoded_.size()))
        .set("pictures_in_tar", static_cast<int64_t>(tar_.size()))
        .set("distinct_captions", static_cast<int64_t>(captions_.size()))
        .set("rows_that_repeat_another", repeated_)
        .set("words_of_a_caption", words)
        .set("problems", problems);
  }

 private:
  void check_row(const Json& row, int64_t index) {
    std::string place = str("row ", index);
    const std::string* image = field(row, "image", place);
    const std::string* caption = field(row, "caption", place);
    if (image) check_picture(*image, place);
    if (caption) check_caption(*caption, place);
    if (image && caption && !pairs_.insert({*image, *caption}).second) ++repeated_;
  }

  const std::string* field(const Json& row, const char* name, const std::string& place) {
    const Json* value = row.find(name);
    if (value && value->is_string()) return &value->text();
    problems_["malformed rows"].push_back(
        str(place, value ? ": '" : ": has no '", name, value ? "' is not a string" : "'"));
    return nullptr;
  }

  void check_picture(const std::string& name, const std::string& place) {
    if (!decoded_.insert(name).second) return;
    if (!tar_.contains(name)) {
      problems_["pictures that are not in the tar"].push_back(str(place, ": ", name));
      return;
    }
    try {
      decode_image(tar_.read(name), name);
    } catch (const DataError& error) {
      problems_["pictures that do not decode"].push_back(str(place, ": ", error.what()));
    }
  }

  void check_caption(const std::string& text, const std::string& place) {
    std::string clean = models::clean_caption(text);
    if (clean.empty()) problems_["empty captions"].push_back(str(place, ": '", text, "'"));
    captions_.insert(clean);
    std::istringstream in(clean);
    int64_t words = 0;
    for (std::string word; in >> word;) ++words;
    ++words_[words];
  }

  const TarFile& tar_;
  int64_t rows_ = 0, repeated_ = 0;
  std::set<std::string> decoded_, captions_;
  std::set<std::pair<std::string, std::string>> pairs_;
  std::map<int64_t, int64_t> words_;  // number of words -> captions
  std::map<std::string, std::vector<std::string>> problems_;
};

void print_result(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : result.members()) {
    std::string title = name;
    std::replace(title.begin(), title.end(), '_', ' ');
    if (name != "problems") rows.push_back({title, value.dump()});
  }
  print_table(rows);
  for (const auto& [kind, problem] : result.at("problems").members()) {
    print(str(kind, ": ", problem.at("count").integer()));
    for (const Json& example : problem.at("examples").items()) print("  " + example.text());
  }
  if (result.at("problems").members().empty()) print("nothing is wrong");
}

}  // namespace

int data_check(const DataCheckOptions& options) {
  TarFile tar(options.images);
  Check check(options.data, tar);
  if (options.json)
    print_json(check.result());
  else
    print_result(check.result());
  return check.good() ? 0 : kExitBadData;
}

}  // namespace medley::train
