// medley data check: looks at every row and every picture, and counts all that is wrong instead of
// stopping at the first.
#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "core/printable.h"
#include "core/str.h"
#include "core/threads.h"
#include "models/text/tokenizer.h"
#include "train/cli/commands.h"
#include "train/cli/data_page.h"
#include "train/cli/print.h"
#include "train/data/bad_pictures.h"
#include "train/data/hold_out.h"
#include "train/data/open.h"
#include "train/io/checksum.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr int kExitBadData = 3;
constexpr double kManyUnknown = 0.05;  // share of pieces that a vocabulary does not have
constexpr int64_t kAtOnce = 256;       // pictures that are decoded before they are counted

// Lengths of texts, in words or in pieces.
struct Lengths {
  int64_t least = 0, most = 0, sum = 0, count = 0;
  void add(int64_t length) {
    least = count == 0 ? length : std::min(least, length);
    most = std::max(most, length);
    sum += length;
    ++count;
  }
  Json json() const {
    if (count == 0) return Json::object();
    return Json::object()
        .set("least", least)
        .set("mean", static_cast<double>(sum) / static_cast<double>(count))
        .set("most", most);
  }
};

// What is there of one split, and what is wrong with it.
class Split {
 public:
  Split(std::string summary, std::shared_ptr<const Dataset> data, Findings& findings)
      : summary_(std::move(summary)), data_(std::move(data)), findings_(findings) {}

  void look(const models::Tokenizer* tokenizer, int64_t max_tokens) {
    for (int64_t i = 0; i < data_->size(); ++i) {
      try {
        look_at_text(data_->row(i), tokenizer, max_tokens);
      } catch (const DataError& error) {
        findings_.add("texts that cannot be read", error);
      }
    }
    if (tokenizer && static_cast<double>(unknown_) > kManyUnknown * static_cast<double>(pieces_))
      findings_.leave_out(
          "pieces that the vocabulary does not have",
          str(fixed(100.0 * static_cast<double>(unknown_) / static_cast<double>(pieces_), 1),
              " % of all: this vocabulary was made for other texts"));
    for (int64_t first = 0; first < data_->pictures(); first += kAtOnce)
      look_at_pictures(first, std::min(first + kAtOnce, data_->pictures()));
  }

  // Pictures that `other` has too.
  void find_leaks(const Split& other) {
    for (const auto& [pixels, number] : pictures_)
      if (const auto same = other.pictures_.find(pixels); same != other.pictures_.end())
        findings_.leave_out(
            "pictures that training sees too",
            data_->picture_name(number) + " is " + other.data_->picture_name(same->second));
  }

  const Dataset& data() const { return *data_; }
  const std::string& summary() const { return summary_; }

  Json json() const {
    Json json = Json::object()
                    .set("what", summary_)
                    .set("rows", data_->size())
                    .set("pictures", data_->pictures())
                    .set("distinct_pictures", static_cast<int64_t>(pictures_.size()))
                    .set("distinct_texts", static_cast<int64_t>(texts_.size()))
                    .set("rows_that_repeat_another", repeated_)
                    .set("words_of_a_text", words_.json());
    if (pieces_ > 0)
      json.set("pieces_of_a_text", lengths_.json())
          .set("unknown_pieces", static_cast<double>(unknown_) / static_cast<double>(pieces_));
    return json;
  }

 private:
  void look_at_text(const Row& row, const models::Tokenizer* tokenizer, int64_t max_tokens) {
    const std::string text = data_->kind() == RowKind::questions ? models::clean_question(row.text)
                                                                 : models::clean_caption(row.text);
    texts_.insert(text);
    std::string whole = text;
    for (const int64_t picture : row.pictures) whole += str('\n', picture);
    repeated_ += !rows_.insert(whole).second;
    std::istringstream in(text);
    int64_t words = 0;
    for (std::string word; in >> word;) ++words;
    words_.add(words);
    if (!tokenizer) return;
    const std::vector<int32_t> ids = tokenizer->encode(text);
    const auto length = static_cast<int64_t>(ids.size()) + 2;  // with [CLS] and [SEP]
    pieces_ += length - 2;
    unknown_ += std::count(ids.begin(), ids.end(), tokenizer->unk());
    lengths_.add(length);
    if (max_tokens > 0 && length > max_tokens)
      findings_.leave_out("texts that are cut", str(length, " of ", max_tokens, " pieces: ", text));
  }

  void look_at_pictures(int64_t first, int64_t end) {
    std::vector<std::string> errors(static_cast<size_t>(end - first));
    std::vector<uint64_t> pixels(errors.size());
    std::vector<std::vector<std::string_view>> notes(errors.size());
    parallel_for(end - first, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        try {
          const std::shared_ptr<const Image> image = data_->picture(first + i);
          pixels[static_cast<size_t>(i)] = pixels_of(*image);
          notes[static_cast<size_t>(i)] = image->notes;
        } catch (const DataError& error) {
          errors[static_cast<size_t>(i)] = error.what();
        }
      }
    });
    for (size_t i = 0; i < errors.size(); ++i) {
      const int64_t number = first + static_cast<int64_t>(i);
      for (const std::string_view note : notes[i])
        findings_.leave_out(str("a picture ", note), data_->picture_name(number));
      if (!errors[i].empty()) {
        const double limit = default_max_bad(*data_) * static_cast<double>(data_->pictures());
        if (static_cast<double>(++bad_) > limit)
          findings_.add("pictures that do not decode", DataError(errors[i]));
        else
          findings_.leave_out("pictures that do not decode", errors[i]);
      } else if (const auto [same, is_new] = pictures_.emplace(pixels[i], number); !is_new) {
        findings_.leave_out("pictures that repeat another", data_->picture_name(number) + " is " +
                                                                data_->picture_name(same->second));
      }
    }
  }

  static uint64_t pixels_of(const Image& image) {
    Checksum sum;
    const std::string size = str(image.width, "x", image.height);
    sum.add({size.data(), size.size()});
    sum.add({reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()});
    return sum.value();
  }

  std::string summary_;
  std::shared_ptr<const Dataset> data_;
  Findings& findings_;
  std::unordered_map<uint64_t, int64_t> pictures_;  // first of these pixels
  std::unordered_set<std::string> texts_, rows_;
  Lengths words_, lengths_;
  int64_t repeated_ = 0, pieces_ = 0, unknown_ = 0, bad_ = 0;
};

Json kinds(const Findings& findings, bool fatal) {
  Json json = Json::object();
  for (const auto& [kind, found] : findings.kinds()) {
    if (found.fatal != fatal) continue;
    Json examples = Json::array();
    for (const std::string& example : found.examples) examples.push(example);
    json.set(kind, Json::object().set("count", found.count).set("examples", examples));
  }
  return json;
}

void print_kinds(const Json& kinds, const char* heading) {
  if (!kinds.members().empty()) print(heading);
  for (const auto& [kind, found] : kinds.members()) {
    print(str("  ", kind, ": ", with_commas(found.at("count").integer())));
    for (const Json& example : found.at("examples").items())
      print("    " + printable(example.text()));
  }
}

std::string readable(const Json& value) {
  if (value.is_integer()) return with_commas(value.integer());
  if (value.is_number()) return fixed(value.number(), 3);
  if (!value.is_object()) return value.is_string() ? value.text() : value.dump();
  std::string text;
  for (const auto& [name, number] : value.members())
    text += (text.empty() ? "" : ", ") + name + " " + readable(number);
  return text;
}

void print_split(const char* title, const Json& split) {
  print(str(title, split.at("what").text()));
  std::vector<std::vector<std::string>> rows{{"", ""}};
  for (const auto& [name, value] : split.members()) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    if (name != "what") rows.push_back({words, readable(value)});
  }
  print_table(rows);
}

class Command {
 public:
  explicit Command(const DataCheckOptions& options)
      : options_(options), findings_(true, options.json ? SIZE_MAX : Findings::kExamples) {}

  int run() {
    if (options_.max_tokens > 0 && options_.vocab.empty())
      throw ConfigError("--max-tokens counts the pieces of a vocabulary, and none is given",
                        "give its vocab.txt with --vocab");
    if (!options_.vocab.empty()) tokenizer_.emplace(models::Tokenizer::read(options_.vocab));
    try {
      open();
    } catch (const DataError& error) {  // what was found before is told too
      findings_.add("cannot be opened", error);
    }
    const models::Tokenizer* tokenizer = tokenizer_ ? &*tokenizer_ : nullptr;
    for (Split& split : splits_) split.look(tokenizer, options_.max_tokens);
    if (splits_.size() == 2) splits_[1].find_leaks(splits_[0]);

    Json result = splits_.empty() ? Json::object() : splits_[0].json();
    if (splits_.size() == 2) result.set("val", splits_[1].json());
    result.set("problems", kinds(findings_, true)).set("warnings", kinds(findings_, false));
    if (options_.json)
      print_json(result);
    else
      print_result(result);
    if (!options_.html.empty() && !splits_.empty()) {
      replace_file(options_.html, data_page(splits_[0].summary(), splits_[0].data()));
      if (!options_.json) print("samples: " + options_.html);
    }
    return result.at("problems").members().empty() ? 0 : kExitBadData;
  }

 private:
  void open() {
    const DataOptions options{.images = options_.images,
                              .columns = options_.columns,
                              .pictures = options_.pictures,
                              .findings = &findings_};
    OpenedData opened = open_data(options_.data, options);
    const std::string summary = opened.summary();
    std::shared_ptr<const Dataset> data = std::move(opened.data);
    const std::optional<Part> part = parse_part(options_.val);
    if (part) {
      HeldOut parts = hold_out(data, *part, 1);
      splits_.emplace_back(summary, std::move(parts.training), findings_);
      splits_.emplace_back(options_.val + " of it, held out", std::move(parts.held_out), findings_);
      return;
    }
    splits_.emplace_back(summary, data, findings_);
    if (options_.val.empty()) return;
    OpenedData val = open_data(options_.val, options);
    const std::string val_summary = val.summary();
    splits_.emplace_back(val_summary, std::move(val.data), findings_);
  }

  void print_result(const Json& result) const {
    for (const Split& split : splits_)
      print_split(&split == &splits_[0] ? "" : "val: ", split.json());
    print_kinds(result.at("problems"), "problems");
    print_kinds(result.at("warnings"), "warnings");
    if (result.at("problems").members().empty()) print("nothing is wrong");
  }

  const DataCheckOptions& options_;
  Findings findings_;
  std::optional<models::Tokenizer> tokenizer_;
  std::vector<Split> splits_;
};

}  // namespace

int data_check(const DataCheckOptions& options) { return Command(options).run(); }

}  // namespace medley::train
