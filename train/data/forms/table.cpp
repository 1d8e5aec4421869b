// Which columns hold what, and a row from each entry. One reader for medley's and BLIP's lists,
// metadata of picture folders, CSV and TSV, and NLVR2's own lines: they differ in names alone.
#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "core/str.h"
#include "models/text/words.h"
#include "train/data/forms/entries.h"

namespace medley::train {
namespace {

using Names = std::vector<std::string>;

const Names kImageNames = {"image", "file_name", "images", "filename", "clip_name", "video"};
const Names kCaptionNames = {"caption", "text", "captions"};
const Names kQuestionNames = {"question"};
const Names kAnswerNames = {"answer", "answers"};

constexpr const char* kMalformed = "malformed rows";
constexpr double kVisualGenomeWeight = 0.2;  // of its one answer in the original's VQA training

std::string brief(const Json& value) {
  const std::string text = value.dump();
  return text.size() > 40 ? text.substr(0, 40) + "..." : text;
}

std::string joined(const Json& entry) {
  std::string names;
  for (const auto& [name, value] : entry.members()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

// Reads the rows of one table. Its first entry says which columns there are.
class Table {
 public:
  Table(NamedRows& out, const DataOptions& options, Findings& findings)
      : out_(out), asked_(options.columns), keep_(options.keep_bad_rows), findings_(findings) {}

  void add(const Json& entry, int64_t number) {
    NamedRow row;
    row.number = number;
    try {
      if (!chosen_) choose_columns(entry);
      add_rows(entry, row);
    } catch (const Wrong& wrong) {
      refuse(DataError(str("[data] ", out_.place(number), ", field '", wrong.field,
                           "': ", wrong.problem)),
             std::move(row), wrong.kind);
    } catch (const DataError& error) {  // of the columns
      if (!keep_) throw;
      if (!unfit_) unfit_ = error;
      refuse(error, std::move(row));
    }
  }

  // `row` has of the entry what could be read.
  void refuse(const DataError& error, NamedRow row, const std::string& kind = kMalformed) {
    if (!keep_) return findings_.add(kind, error);
    row.row.error = first_line(error);
    out_.rows.push_back(std::move(row));
  }

  // Throws what is wrong with the columns when no entry has the right ones.
  void end() const {
    if (!chosen_ && unfit_) throw DataError(*unfit_);
  }

 private:
  // Of one entry, before it is known where that stands.
  struct Wrong {
    std::string field, problem;
    std::string kind = kMalformed;
  };

  std::string column(const Json& entry, const std::string& asked, const Names& usual,
                     const char* role) const {
    if (!asked.empty()) {
      if (entry.find(asked)) return asked;
      throw DataError(str("[data] ", out_.path, " has no column '", asked, "' for the ", role,
                          ": its columns are ", joined(entry)));
    }
    for (const std::string& name : usual)
      if (entry.find(name)) return name;
    return {};
  }

  void choose_columns(const Json& entry) {
    image_ = column(entry, asked_.image, kImageNames, "picture");
    question_ = column(entry, asked_.question, kQuestionNames, "question");
    answer_ = column(entry, asked_.answer, kAnswerNames, "answer");
    caption_ = column(entry, asked_.caption, kCaptionNames, "caption");
    if (entry.find("sentence") && asked_.caption.empty()) {
      out_.kind = RowKind::comparisons;
      pairs_ = image_.empty() && entry.find("identifier");
    } else if (!question_.empty() && asked_.caption.empty()) {
      out_.kind = RowKind::questions;
    } else if (caption_.empty()) {
      throw missing(entry, "caption", kCaptionNames);
    }
    if (image_.empty() && !pairs_) throw missing(entry, "picture", kImageNames);
    chosen_ = true;
  }

  DataError missing(const Json& entry, const std::string& role, const Names& usual) const {
    std::string names;
    for (const std::string& name : usual) names += (names.empty() ? "'" : ", '") + name + "'";
    return DataError(str("[data] ", out_.path, " has no column for the ", role,
                         ": its columns are ", joined(entry), " and none of them is ", names),
                     "name the right one: --image-column, --caption-column, --question-column, "
                     "--answer-column");
  }

  static const std::string& text(const Json& value, const std::string& field) {
    if (!value.is_string()) throw Wrong{field, "it must be a text but is " + brief(value)};
    if (value.text().find(kNotUtf8) != std::string::npos)
      throw Wrong{field, "it is not UTF-8", "texts that are not UTF-8"};
    return value.text();
  }
  static const Json& field(const Json& entry, const std::string& name) {
    const Json* value = entry.find(name);
    if (!value) throw Wrong{name, "it is missing"};
    return *value;
  }
  // A text, or a list of them.
  static std::vector<std::string> texts(const Json& value, const std::string& name) {
    if (!value.is_array()) return {text(value, name)};
    std::vector<std::string> all;
    for (const Json& one : value.items()) all.push_back(text(one, name));
    return all;
  }

  std::vector<std::string> pictures(const Json& entry) const {
    if (!pairs_) {
      std::vector<std::string> names = texts(field(entry, image_), image_);
      if (names.empty()) throw Wrong{image_, "it names no picture"};
      for (const std::string& name : names)
        if (name.empty()) throw Wrong{image_, "it is empty"};
      if (out_.kind == RowKind::comparisons && names.size() != 2)
        throw Wrong{image_, str("a sentence is about two pictures but it names ", names.size())};
      if (out_.kind == RowKind::questions && names.size() != 1)
        throw Wrong{image_, str("a question is about one picture but it names ", names.size())};
      return names;
    }
    // NLVR2: sentence "train-10171-0-1" is about "train-10171-0-img0.png" and "...-img1.png"; those
    // of its training set lie in numbered folders.
    const std::string identifier = text(field(entry, "identifier"), "identifier");
    if (std::count(identifier.begin(), identifier.end(), '-') < 1)
      throw Wrong{"identifier", "'" + identifier + "' has not the form of NLVR2's identifiers"};
    std::string stem = identifier.substr(0, identifier.rfind('-'));
    if (const Json* folder = entry.find("directory"))
      stem = (folder->is_string() ? folder->text() : folder->dump()) + "/" + stem;
    return {stem + "-img0.png", stem + "-img1.png"};
  }

  void add_rows(const Json& entry, NamedRow& row) {
    row.pictures = pictures(entry);
    if (out_.kind == RowKind::captions) {
      if (const Json* id = entry.find("image_id")) row.row.id = id_text(*id);
      if (const Json* references = entry.find("references"); references && !references->is_null()) {
        if (!references->is_array())
          throw Wrong{"references", "it must be a list of texts but is " + brief(*references)};
        row.row.references = texts(*references, "references");
        for (const std::string& one : row.row.references)
          if (!models::has_words(one))
            throw Wrong{"references", "'" + one + "' has no words", "empty captions"};
      }
      const std::vector<std::string> captions = texts(field(entry, caption_), caption_);
      if (captions.empty()) throw Wrong{caption_, "it holds no caption", "empty captions"};
      for (const std::string& caption : captions) push(row, caption, caption_);
      return;
    }
    const std::string name = out_.kind == RowKind::questions ? question_ : "sentence";
    if (out_.kind == RowKind::questions)
      set_question(row, entry);
    else
      set_truth(row, entry);
    push(row, text(field(entry, name), name), name);
  }

  void push(const NamedRow& row, const std::string& text, const std::string& name) {
    if (!models::has_words(text))
      throw Wrong{name, "'" + text + "' has no words", str("empty ", name, "s")};
    out_.rows.push_back(row);
    out_.rows.back().row.text = text;
  }

  void set_question(NamedRow& row, const Json& entry) {
    if (const Json* id = entry.find("question_id")) {
      row.row.id = id_text(*id);
      const Json* source = entry.find("dataset");
      if (!ids_.insert((source ? source->dump() : "") + row.row.id).second)
        throw Wrong{"question_id", row.row.id + " stands twice", "repeated question ids"};
    }
    const Json* answer = answer_.empty() ? nullptr : entry.find(answer_);
    if (!answer || answer->is_null() || (answer->is_string() && answer->text().empty())) return;
    row.row.answers = answers(*answer);
    const Json* source = entry.find("dataset");
    if (source && source->is_string() && source->text() == "vg")
      for (Answer& one : row.row.answers) one.weight *= kVisualGenomeWeight;
  }

  // A text, a list of what people answered, or of {"answer": text, "weight": share}.
  std::vector<Answer> answers(const Json& value) const {
    if (!value.is_array() || value.items().empty() || !value.items()[0].is_object())
      return weigh_answers(texts(value, answer_));
    std::vector<Answer> all;
    for (const Json& one : value.items()) {
      const Json* weight = one.find("weight");
      if (!weight || !weight->is_number() || weight->number() < 0)
        throw Wrong{answer_, "an answer's weight must be a number from 0 but it is " + brief(one)};
      all.push_back({text(field(one, "answer"), answer_), weight->number()});
    }
    return all;
  }

  void set_truth(NamedRow& row, const Json& entry) {
    if (const Json* id = entry.find("identifier")) row.row.id = id_text(*id);
    const Json* label = entry.find("label");
    if (!label || label->is_null()) return;
    const std::string said = label->is_string() ? label->text() : label->dump();
    if (said != "True" && said != "False" && said != "true" && said != "false")
      throw Wrong{"label", "it must be True or False but is " + brief(*label)};
    row.row.truth = said == "True" || said == "true";
  }

  NamedRows& out_;
  const ColumnNames& asked_;
  bool keep_;
  Findings& findings_;
  bool chosen_ = false;
  std::optional<DataError> unfit_;
  std::string image_, caption_, question_, answer_;
  bool pairs_ = false;  // the pictures follow from NLVR2's identifier
  std::unordered_set<std::string> ids_;
};

std::string form_name(TableText text, const NamedRows& rows, bool tabs) {
  if (rows.kind == RowKind::questions && text != TableText::csv) return "BLIP's VQA list";
  if (rows.kind == RowKind::comparisons) return "NLVR2";
  if (text == TableText::csv) return tabs ? "TSV" : "CSV";
  return text == TableText::json_list ? "caption list" : "JSON lines";
}

}  // namespace

std::optional<NamedRows> read_table(const std::string& path, std::string_view text,
                                    const DataOptions& options, Findings& findings) {
  const std::optional<TableText> form = table_text(text, path);
  if (!form) return std::nullopt;
  NamedRows rows;
  rows.path = path;
  rows.entry = *form == TableText::json_list ? "row" : "line";
  Table table(rows, options, findings);
  each_entry(
      *form, text, path, [&](const Json& entry, int64_t number) { table.add(entry, number); },
      [&](const DataError& error, int64_t number) {
        table.refuse(error, {.row = {}, .pictures = {}, .number = number});
      });
  table.end();
  rows.form = form_name(*form, rows, text.substr(0, text.find('\n')).find('\t') != text.npos);
  return rows;
}

}  // namespace medley::train
