// What a captioner and a filter say of the pictures of the web, in a folder:
//
//   capfilt.json         what is labelled, with which models and options
//   labels/000000.jsonl  unit 0: a line for each picture
//
// A unit is up to kUnitRows rows of the data that follow one another and never cross a shard (but
// for further rows of its last picture). Its file appears whole: that it is there says that the
// unit is done. What it holds depends on the data, the models and the options only, so that any
// number of processes may share the work.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "train/data/open.h"

namespace medley::train {

inline constexpr int64_t kUnitRows = 1000;

struct LabelledText {
  std::string text;
  std::string source;      // web, synthetic
  double probability = 0;  // that it matches the picture
  std::string error;       // why it has no probability
};

struct LabelledPicture {
  std::string image, id = {};  // its name in the data, or ""; the data's own number for it, or ""
  int64_t row = 0;             // of its first text
  std::vector<LabelledText> texts = {};
  std::string error = {};  // why it has no texts with a probability

  std::string line() const;  // of JSON
  static LabelledPicture parse(const Json& line);
};

struct Unit {
  int64_t begin, end;  // rows
};
std::vector<Unit> units_of(const Dataset& data);

// The pictures of the web with their texts. What is wrong with one of them does not hinder the
// others: a bad row has an error, a bad picture fails when it is asked for.
OpenedData open_web(const std::string& data, const std::string& images, Findings& findings);

// The folder at `path` was made with the settings `there`. Throws ConfigError that names what is
// different when it is to be used with others.
void require_same_settings(const std::string& path, const Json& there, const Json& wanted);

class LabelFolder {
 public:
  // Makes the folder, or goes on with it when it was made with the same settings.
  static LabelFolder make(const std::string& path, const Json& settings);
  static LabelFolder open(const std::string& path);  // throws IoError when nothing is there

  const std::string& path() const { return path_; }
  const Json& settings() const { return settings_; }
  // What was labelled. Throws DataError when it has changed since then.
  std::unique_ptr<Dataset> open_web() const;
  int64_t units() const;
  std::string unit_file(int64_t unit) const;
  bool done(int64_t unit) const;

  // Every picture, in order. Throws DataError when a unit is not done.
  void each(const std::function<void(const LabelledPicture&)>& use) const;

 private:
  LabelFolder(std::string path, Json settings)
      : path_(std::move(path)), settings_(std::move(settings)) {}

  std::string path_;
  Json settings_;
};

}  // namespace medley::train
