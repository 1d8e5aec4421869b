// Lines, units and the folder.
#include "train/capfilt/labels.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/capfilt/claims.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

constexpr const char *kSettings = "capfilt.json", *kLabels = "labels";

// The first value in which two objects differ: "filter.weights is 1 but 2 was asked for".
std::string difference(const Json& there, const Json& wanted, const std::string& at) {
  if (!there.is_object() || !wanted.is_object())
    return str(at, " is ", there.dump(), " but ", wanted.dump(), " is asked for");
  for (const auto& [name, value] : wanted.members()) {
    const std::string key = at.empty() ? name : at + "." + name;
    const Json* own = there.find(name);
    if (!own) return str(key, " is not known but ", value.dump(), " is asked for");
    if (own->dump() != value.dump()) return difference(*own, value, key);
  }
  return "something else";
}

}  // namespace

void require_same_settings(const std::string& path, const Json& there, const Json& wanted) {
  if (there.dump() == wanted.dump()) return;
  throw ConfigError(str(path, " was made with other settings: ", difference(there, wanted, "")),
                    "give the same ones to go on with it, or another folder");
}

std::string LabelledPicture::line() const {
  Json json = Json::object().set("image", image).set("row", row);
  if (!id.empty()) json.set("image_id", id);
  if (!error.empty()) json.set("error", error);
  Json list = Json::array();
  for (const LabelledText& text : texts) {
    Json one = Json::object().set("text", text.text).set("source", text.source);
    if (text.error.empty())
      one.set("probability", text.probability);
    else
      one.set("error", text.error);
    list.push(std::move(one));
  }
  return json.set("texts", std::move(list)).dump();
}

LabelledPicture LabelledPicture::parse(const Json& line) {
  const auto text_of = [](const Json& json, const char* key) {
    const Json* value = json.find(key);
    return value ? value->text() : std::string();
  };
  LabelledPicture picture{.image = text_of(line, "image"),
                          .id = text_of(line, "image_id"),
                          .row = line.at("row").integer(),
                          .error = text_of(line, "error")};
  for (const Json& one : line.at("texts").items()) {
    const Json* probability = one.find("probability");
    picture.texts.push_back({text_of(one, "text"), text_of(one, "source"),
                             probability ? probability->number() : 0, text_of(one, "error")});
  }
  return picture;
}

std::vector<Unit> units_of(const Dataset& data) {
  std::vector<Unit> units;
  int64_t begin = 0;
  for (const int64_t rows : data.shards()) {
    for (int64_t first = 0; first < rows; first += kUnitRows)
      units.push_back({begin + first, begin + std::min(first + kUnitRows, rows)});
    begin += rows;
  }
  return units;
}

OpenedData open_web(const std::string& data, const std::string& images, Findings& findings) {
  return open_data(data, {.images = images,
                          .keep_bad_rows = true,
                          .keep_pictures = false,  // each is looked at once
                          .findings = &findings});
}

LabelFolder LabelFolder::make(const std::string& path, const Json& settings) {
  const std::string file = path + "/" + kSettings;
  if (is_there(file)) {
    LabelFolder there = open(path);
    require_same_settings(path, there.settings_, settings);
    return there;
  }
  // Another process may be making the folder at this moment.
  for (const std::string& name : list_folder(path))
    if (name != kLabels && !name.starts_with(kSettings))
      throw IoError(path + " is not empty", "name a folder that is not there yet");
  make_folders(path + "/" + kLabels);
  const std::string own = file + "." + process_name();
  replace_file(own, settings.dump(1) + "\n");
  rename_path(own, file);
  return {path, settings};
}

LabelFolder LabelFolder::open(const std::string& path) {
  const std::string file = path + "/" + kSettings;
  if (!is_there(file))
    throw IoError(path + " has no " + kSettings, "medley capfilt label makes such a folder");
  return {path, Json::read(file)};
}

std::unique_ptr<Dataset> LabelFolder::open_web() const {
  Findings findings(true);
  const std::string data = settings_.at("data").text(), before = settings_.at("what").text();
  OpenedData opened = train::open_web(data, settings_.at("images").text(), findings);
  if (const std::string now = opened.summary(); now != before)
    throw DataError(str("[data] ", data, " has changed since it was labelled: it was ", before,
                        ", and now is ", now),
                    "label it again, into another folder");
  return std::move(opened.data);
}

int64_t LabelFolder::units() const { return settings_.at("units").integer(); }

std::string LabelFolder::unit_file(int64_t unit) const {
  char number[24];
  std::snprintf(number, sizeof number, "%06lld", static_cast<long long>(unit));
  return str(path_, "/", kLabels, "/", number, ".jsonl");
}

bool LabelFolder::done(int64_t unit) const { return is_there(unit_file(unit)); }

void LabelFolder::each(const std::function<void(const LabelledPicture&)>& use) const {
  int64_t missing = 0;
  for (int64_t unit = 0; unit < units(); ++unit) missing += !done(unit);
  if (missing > 0)
    throw DataError(
        str(path_, " is not finished: ", missing, " of ", units(), " units are missing"),
        "medley capfilt label goes on with it");
  for (int64_t unit = 0; unit < units(); ++unit) {
    const std::string file = unit_file(unit), text = read_text(file);
    std::string_view rest = text;
    for (int64_t number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      use(LabelledPicture::parse(Json::parse(line, str(file, ", line ", number))));
    }
  }
}

}  // namespace medley::train
