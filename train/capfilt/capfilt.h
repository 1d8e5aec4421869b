// CapFilt (Li et al. 2022, section 3.3): texts of the web become a better data set. A captioner
// writes a caption for every picture, and a filter says of the web's text and of that caption how
// likely they match the picture (label). Texts that are likely enough are kept, and with the pairs
// that people wrote they are the bootstrapped data set (select). Where somebody knows the truth,
// both can be measured (judge). docs/capfilt.md has the commands.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "train/capfilt/labels.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

struct LabelOptions {
  std::string data, images;       // of the web, as open_data takes them
  std::string captioner, filter;  // models; both may be the same
  std::string out;                // folder, see labels.h
  // Nucleus sampling, as the paper's; among the 50 likeliest tokens, as the original's code has it
  // without saying so. max_length 0: the captioner's.
  models::GenerateOptions generate{.max_length = 0, .sample = true};
  std::string prompt;   // the captioner's own when empty; stripped from what it says
  int64_t batch = 64;   // pictures at a time
  bool share = false;   // other processes work in the folder too
  double max_bad = -1;  // pictures and texts that may fail; below 1: a part of the rows; -1: all
  OpenOptions open;     // of both models
};

struct LabelOutcome {
  int64_t units = 0, done = 0;       // of all; by this process
  int64_t pictures = 0, failed = 0;  // by this process
  int64_t failed_texts = 0;          // of the other pictures
  bool stopped = false;              // by a signal; what is done stays
  double seconds = 0;
};

// Goes on where it was. What a picture gets is the same whatever the batch, the number of threads
// and of processes, and however often it is interrupted. Throws DataError when more than max_bad
// fail.
LabelOutcome label(const LabelOptions& options);

struct SelectOptions {
  std::string folder;                   // of labels
  double threshold = 0.5;               // a text is kept above it
  std::optional<double> keep = {};      // instead: this part of all texts, the most likely ones
  bool web = true, synthetic = true;    // texts of these sources may be kept
  std::string human = {}, images = {};  // pairs that are kept as they are, as open_data takes them
  std::string out = {};                 // folder for the list; empty: that of the labels
  std::string shards = {};              // instead: folder for shards with the pictures
  int64_t rows_per_shard = 10'000;

  bool may_keep(const LabelledText& text) const { return text.source == "web" ? web : synthetic; }
  std::string list_folder() const { return out.empty() ? folder : out; }
  // What is written, as open_data takes it.
  std::string data() const {
    return shards.empty() ? list_folder() + "/bootstrapped.json" : shards;
  }
};

void validate_threshold(double threshold);  // throws ConfigError outside 0 .. 1
// The threshold that was asked for, or the one above which the part of all texts is that was asked
// for. Warns when the probabilities are nearly the same. Throws ConfigError for what cannot be
// asked for, DataError when no text has a probability.
double threshold_of(const SelectOptions& options, const LabelFolder& folder);

// What became of the texts of one source.
struct SourceCounts {
  int64_t texts = 0, kept = 0, failed = 0;
};

struct Selection {
  double threshold = 0;
  std::map<std::string, SourceCounts> sources;  // web, synthetic, human
  int64_t pictures = 0, failed = 0;             // of the web
  Json json() const;
  static Selection parse(const Json& json);
};

// Writes what is kept: into `out` bootstrapped.json (BLIP's list: image, caption, source,
// probability); or into `shards` a sample for each text, KEY.jpg and KEY.json with the same
// fields, and those of people in shards of their own, the last ones. Beside it dropped.json, the
// rest with its reason, and selection.json, the counts and all that they were made from. Shards
// appear whole or not at all; when they are there already and were made from the same, they stay.
// Memory does not grow with the number of rows. Throws DataError when nothing is kept, ConfigError
// for a list of pictures that are not in one place.
Selection select(const SelectOptions& options);

// report.html, by which a person can judge what is kept:
// how much of each source is kept; how the probabilities lie; pictures with what is kept and what
// is dropped; those nearest to the threshold; how much the captioner repeats itself. One page with
// everything inside it. Opens the data that was labelled, and throws as open_data when it is gone.
// Returns the path of the page.
std::string write_selection_report(const std::string& folder, const Selection& selection);

// How a filter and a captioner agree with labels, where somebody knows the truth: on the simulated
// web (`medley data make web`), or on a part of a real one that people have looked at. Labels are
// for judging, never for training.
struct JudgeOptions {
  std::string folder;      // of labels
  std::string labels;      // {"image": "right" or "agrees", or what is wrong with the web's text}
  std::string truth;       // list with the right captions of each picture; empty: not known
  double threshold = 0.5;  // a text is kept above it
};

// {"filter": {"texts", "right", "auc", "precision", "recall", "kinds": {kind: {"texts", "kept",
// "auc"}}}} of the web's texts that have a label: a right text that is kept is a hit. `auc` is the
// probability that a right text scores higher than a wrong one (of this kind), with equal scores
// counted half. With a truth also {"captioner": {"texts", "exact", "kept", "exact_of_kept"},
// "pictures": {"pictures", "true_before", "true_after"}}: pictures with at least one right text,
// among the web's texts, and among all that are kept.
Json judge(const JudgeOptions& options);

}  // namespace medley::train
