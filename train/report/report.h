// report.html: one page that shows what a run learned, with everything inside it and nothing from
// the network.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "models/objectives/objective.h"
#include "train/data/dataset.h"
#include "train/report/attention.h"

namespace medley::train {

struct CaptionedPicture {
  Image image;
  std::string split, said, truth;
  bool right = false;
  int64_t side = 0;  // patches a side
  std::vector<AttendedWord> words;
};

struct AnsweredQuestion {
  Image image;
  std::string split, question, said;
  std::vector<std::string> truth = {};  // empty: not known
  bool right = false;
};

struct JudgedSentence {
  Image left, right;
  std::string split, sentence;
  bool said = false;
  std::optional<bool> truth;
};

struct SearchResult {
  std::string query, split;
  struct Found {
    Image image;
    std::string caption;
    bool right = false;
  };
  std::vector<Found> found;  // best first
};

struct ReportData {
  std::string title;                     // "scenes"
  std::string summary;                   // a sentence or two in plain words
  std::vector<Json> metrics;             // lines of metrics.jsonl
  std::vector<models::LossInfo> losses;  // a curve each
  Json eval;  // {"val": {"i2t": {"r1": ...}, ...}, ...}; null: not evaluated
  std::vector<CaptionedPicture> pictures;
  std::vector<SearchResult> searches;
  std::vector<AnsweredQuestion> questions;
  std::vector<JudgedSentence> sentences;
  std::string config;                                      // the TOML text
  std::vector<std::pair<std::string, std::string>> facts;  // seed, timings, machine
};

std::string render_report(const ReportData& data);

// Parts of the page.
extern const char* const kReportStyle;
std::string caption_cards(const std::vector<CaptionedPicture>& pictures);
std::string question_cards(const std::vector<AnsweredQuestion>& questions);
std::string sentence_cards(const std::vector<JudgedSentence>& sentences);
std::string search_strips(const std::vector<SearchResult>& searches);
std::string attention_strips(const std::vector<CaptionedPicture>& pictures);
std::string result_table(const Json& eval);

}  // namespace medley::train
