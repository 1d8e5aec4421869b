// A shard's members become pairs when it is opened; a row is then two reads. Indices are kept for
// twice as many shards as the order of training mixes, so that reading ahead drops none in use.
#include "train/data/forms/shards.h"

#include <algorithm>
#include <filesystem>
#include <list>
#include <mutex>
#include <unordered_map>

#include "core/str.h"
#include "models/text/words.h"
#include "train/data/decode.h"
#include "train/data/forms/csv.h"
#include "train/data/order.h"
#include "train/data/tar.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

constexpr size_t kOpenShards = 2 * kShardsTogether;
constexpr uint64_t kMaxTextBytes = 1 << 20;  // more is damage
constexpr int64_t kTried = 20;  // rows of which one must have a text for the form to be right

struct Pair {
  std::string key;
  const TarMember* picture = nullptr;
  const TarMember* text = nullptr;
  const TarMember* json = nullptr;
};

// WebDataset's rule: the key ends at the first point of the last part of a name.
size_t key_length(const std::string& name) {
  const size_t slash = name.rfind('/');
  return std::min(name.find('.', slash == name.npos ? 0 : slash), name.size());
}

class Shard {
 public:
  explicit Shard(const std::string& path, Findings* findings = nullptr) : tar_(path) {
    std::unordered_map<std::string, size_t> places;
    for (const TarMember& member : tar_.members()) {
      const size_t length = key_length(member.name);
      const std::string end = member.name.substr(length);
      const bool picture = has_picture_name(end) && end.rfind('.') == 0;
      if (!picture && end != ".txt" && end != ".json") continue;
      const std::string key = member.name.substr(0, length);
      const auto [place, is_new] = places.try_emplace(key, pairs_.size());
      if (is_new) pairs_.push_back({key});
      Pair& pair = pairs_[place->second];
      set(picture ? pair.picture : end == ".txt" ? pair.text : pair.json, member);
    }
    std::erase_if(pairs_, [&](const Pair& pair) {
      const char* lacks = !pair.picture              ? "keys without a picture"
                          : !pair.text && !pair.json ? "keys without a text"
                                                     : nullptr;
      if (lacks && findings) findings->leave_out(lacks, str("'", pair.key, "' of ", path));
      return lacks != nullptr;
    });
  }

  int64_t size() const { return static_cast<int64_t>(pairs_.size()); }
  uint64_t checksum() const { return tar_.checksum(); }
  const Pair& pair(int64_t place) const { return pairs_[static_cast<size_t>(place)]; }
  std::string place(const Pair& pair) const { return str("'", pair.key, "' of ", tar_.path()); }

  std::vector<uint8_t> picture(const Pair& pair) const {
    if (pair.picture->size > kMaxPictureBytes)
      throw DataError(str("[image] ", place(pair), " has ", pair.picture->size, " bytes"),
                      str("pictures have at most ", kMaxPictureBytes));
    return tar_.read(*pair.picture);
  }

  // The caption, then further ones.
  std::vector<std::string> texts(const Pair& pair, const std::string& field) const {
    const TarMember& member = pair.text ? *pair.text : *pair.json;
    const std::string source = place(pair);
    if (member.size > kMaxTextBytes)
      throw DataError(str("[data] the caption of ", source, " has ", member.size, " bytes"));
    const std::vector<uint8_t> bytes = tar_.read(member);
    const std::string_view text =
        checked_utf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, source);
    std::vector<std::string> texts;
    if (pair.text) {
      texts = {std::string(text.substr(0, text.find_last_not_of("\r\n") + 1))};
    } else {
      const Json json = Json::parse(text, "[data] " + source);
      texts = json_texts(caption_of(json, field, source), source);
    }
    std::erase_if(texts, [](const std::string& one) { return !models::has_words(one); });
    if (texts.empty()) throw DataError(str("[data] the caption of ", source, " has no words"));
    return texts;
  }

 private:
  void set(const TarMember*& slot, const TarMember& member) const {
    if (slot)
      throw DataError(
          str("[data] ", tar_.path(), ": '", slot->name, "' and '", member.name, "' have one key"),
          "give each picture a name of its own");
    slot = &member;
  }

  static const Json& caption_of(const Json& json, const std::string& field,
                                const std::string& source) {
    for (const std::string& name : field.empty() ? std::vector<std::string>{"caption", "text"}
                                                 : std::vector<std::string>{field})
      if (const Json* value = json.find(name)) return *value;
    std::string names;
    if (json.is_object())
      for (const auto& [name, value] : json.members()) names += (names.empty() ? "" : ", ") + name;
    throw DataError(str("[data] the JSON of ", source, " has no '",
                        field.empty() ? "caption' or 'text" : field, "': it has ",
                        names.empty() ? "no field" : names));
  }

  static std::vector<std::string> json_texts(const Json& value, const std::string& source) {
    std::vector<std::string> texts;
    const Json::Array one{value};
    for (const Json& text : value.is_array() ? value.items() : one) {
      if (!text.is_string())
        throw DataError(str("[data] the caption of ", source, " must be a text but is ",
                            text.dump().substr(0, 40)));
      texts.push_back(text.text());
    }
    return texts;
  }

  TarFile tar_;
  std::vector<Pair> pairs_;
};

class ShardDataset : public Dataset {
 public:
  ShardDataset(std::vector<std::string> paths, const DataOptions& options, Findings& findings)
      : paths_(std::move(paths)),
        field_(options.columns.caption),
        keep_bad_rows_(options.keep_bad_rows),
        pictures_(options.pictures),
        warnings_(options.findings != nullptr) {
    for (const std::string& path : paths_) {
      const Shard shard(path, &findings);
      if (begins_.back() == 0 && shard.size() > 0) check_form(shard);
      checksum_.add_number(shard.checksum());
      begins_.push_back(begins_.back() + shard.size());
    }
  }

  int64_t size() const override { return begins_.back(); }
  int64_t pictures() const override { return size(); }
  uint64_t checksum() const override { return checksum_.value(); }
  std::vector<int64_t> shards() const override {
    std::vector<int64_t> sizes;
    for (size_t i = 1; i < begins_.size(); ++i) sizes.push_back(begins_[i] - begins_[i - 1]);
    return sizes;
  }

  Row row(int64_t index) const override {
    const auto [shard, pair] = at(index);
    Row row;
    row.pictures = {index};
    row.id = pair->key;
    std::vector<std::string> texts;
    try {
      texts = shard->texts(*pair, field_);
    } catch (const DataError& error) {
      if (!keep_bad_rows_) throw;
      row.error = first_line(error);
      return row;
    }
    row.text = std::move(texts[0]);
    row.references.assign(std::make_move_iterator(texts.begin() + 1),
                          std::make_move_iterator(texts.end()));
    return row;
  }

  std::shared_ptr<const Image> picture(int64_t number) const override {
    const auto [shard, pair] = at(number);
    const std::string place = shard->place(*pair);
    auto image =
        std::make_shared<const Image>(decode_image(shard->picture(*pair), place, pictures_));
    warnings_.tell(*image, place);
    return image;
  }
  std::vector<uint8_t> picture_bytes(int64_t number) const override {
    const auto [shard, pair] = at(number);
    return shard->picture(*pair);
  }
  std::string picture_name(int64_t number) const override {
    const auto [shard, pair] = at(number);
    return pair->picture->name;
  }

 private:
  struct Place {
    std::shared_ptr<const Shard> shard;
    const Pair* pair;
  };

  // What the first rows show about the form of all is said now and not in the middle of a run.
  void check_form(const Shard& shard) const {
    for (int64_t i = 0;; ++i) {
      try {
        shard.texts(shard.pair(i), field_);
        return;
      } catch (const DataError&) {
        if (i + 1 == std::min(kTried, shard.size())) throw;
      }
    }
  }

  Place at(int64_t index) const {
    if (index < 0 || index >= size())
      throw ValueError(str("[data] row ", index, " of ", size(), " in the shards"));
    const auto next = std::upper_bound(begins_.begin(), begins_.end(), index);
    const auto number = static_cast<size_t>(next - begins_.begin()) - 1;
    const std::shared_ptr<const Shard> shard = open(number);
    const int64_t place = index - begins_[number];
    if (shard->size() != begins_[number + 1] - begins_[number])
      throw DataError(str("[data] ", paths_[number], " has changed since it was opened"));
    return {shard, &shard->pair(place)};
  }

  std::shared_ptr<const Shard> open(size_t number) const {
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(open_.begin(), open_.end(),
                              [&](const auto& shard) { return shard.first == number; });
    if (found == open_.end()) {
      open_.emplace_front(number, std::make_shared<const Shard>(paths_[number]));
      if (open_.size() > kOpenShards) open_.pop_back();
    } else {
      open_.splice(open_.begin(), open_, found);
    }
    return open_.front().second;
  }

  std::vector<std::string> paths_;
  std::string field_;
  bool keep_bad_rows_;
  PictureOptions pictures_;
  mutable NoteWarnings warnings_;
  Checksum checksum_;               // of the shards' indexes
  std::vector<int64_t> begins_{0};  // first row of each shard, and the end
  mutable std::mutex mutex_;
  mutable std::list<std::pair<size_t, std::shared_ptr<const Shard>>> open_;  // last used first
};

}  // namespace

std::vector<std::string> expand_braces(const std::string& pattern) {
  const size_t open = pattern.find('{'), close = pattern.find('}', std::min(open, pattern.size()));
  if (open == pattern.npos || close == pattern.npos) return {pattern};
  const std::string inside = pattern.substr(open + 1, close - open - 1);
  const size_t dots = inside.find("..");
  const std::string first = inside.substr(0, dots),
                    last = dots == inside.npos ? "" : inside.substr(dots + 2);
  constexpr size_t kDigits = 9;
  auto number = [&](const std::string& text) {
    return !text.empty() && text.size() <= kDigits &&
           text.find_first_not_of("0123456789") == text.npos;
  };
  if (!number(first) || !number(last) || std::stoll(last) < std::stoll(first))
    throw ConfigError(str("the range {", inside, "} of ", pattern, " is none"),
                      "shards are numbered like name-{00000..00147}.tar");
  std::vector<std::string> names;
  for (int64_t i = std::stoll(first); i <= std::stoll(last); ++i) {
    std::string digits = std::to_string(i);
    digits.insert(0, first.size() - std::min(first.size(), digits.size()), '0');
    for (const std::string& rest : expand_braces(pattern.substr(close + 1)))
      names.push_back(pattern.substr(0, open) + digits + rest);
  }
  return names;
}

std::unique_ptr<Dataset> open_shards(std::vector<std::string> paths, const DataOptions& options,
                                     Findings& findings) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
      throw DataError(str("[data] shard ", path, " is not there (", paths.size(),
                          " shards, the first is ", paths[0], ")"));
  }
  return std::make_unique<ShardDataset>(std::move(paths), options, findings);
}

}  // namespace medley::train
