// JSON objects that hold lists: COCO's captions (cocodataset.org/#format-data), the splits of
// Karpathy and Fei-Fei (CVPR 2015), the questions and annotations of VQA v2 (visualqa.org). They
// are read one element after the other: the files have hundreds of megabytes.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "core/read_text.h"
#include "core/str.h"
#include "models/text/words.h"
#include "train/data/forms/csv.h"
#include "train/data/forms/rows.h"

namespace medley::train {
namespace {

enum class Form { coco, karpathy, questions, vqa_annotations };

// What the lists of an object are, by the first element that tells.
Form find_form(std::string_view text, const std::string& path) {
  struct Found {
    Form form;
  };
  std::string lists;
  try {
    Json::each_row(text, path, [&](const std::string& list, const Json& row) {
      if (list == "questions") throw Found{Form::questions};
      if (list == "images") throw Found{row.find("sentences") ? Form::karpathy : Form::coco};
      if (list == "annotations" && row.find("caption")) throw Found{Form::coco};
      if (list == "annotations" && row.find("question_id")) throw Found{Form::vqa_annotations};
      if (lists.find("'" + list + "'") == lists.npos)
        lists += (lists.empty() ? "'" : ", '") + list + "'";
    });
  } catch (const Found& found) {
    return found.form;
  }
  throw DataError(str("[data] ", path, " is an object ",
                      lists.empty() ? "without lists" : "with the lists " + lists,
                      ": none of COCO's, Karpathy's and VQA's"),
                  "the forms are in docs/data.md");
}

// An element of a list in the file, whose fields are asked for by name.
struct Element {
  const NamedRows& rows;
  const char* list;
  int64_t number;
  const Json& json;

  DataError error(const std::string& problem) const {
    return DataError(str("[data] ", rows.path, ", ", list, " ", number, ": ", problem));
  }
  const Json& at(const char* field) const {
    const Json* value = json.find(field);
    if (!value) throw error(str("'", field, "' is missing"));
    return *value;
  }
  std::string id(const char* field) const {
    const Json& value = at(field);
    if (!value.is_string() && !value.is_integer())
      throw error(str("'", field, "' is neither a number nor a text"));
    return id_text(value);
  }
  const Json::Array& items(const char* field) const {
    const Json& value = at(field);
    if (!value.is_array()) throw error(str("'", field, "' is not a list"));
    return value.items();
  }
  const std::string& text(const char* field) const {
    const Json& value = at(field);
    if (!value.is_string()) throw error(str("'", field, "' is not a text"));
    return value.text();
  }
};

// A caption, unless cleaning leaves nothing of it.
void push_caption(NamedRows& out, NamedRow row, const Element& element, Findings& findings) {
  if (!models::has_words(row.row.text))
    findings.add("empty captions", element.error("'" + row.row.text + "' has no words"));
  else
    out.rows.push_back(std::move(row));
}

// Each element is handed over; what is wrong with it becomes a finding.
void each(std::string_view text, const NamedRows& out, Findings& findings,
          const std::function<void(const std::string& list, const Element&)>& visit) {
  std::unordered_map<std::string, int64_t> counts;
  Json::each_row(text, out.path, [&](const std::string& list, const Json& row) {
    const Element element{out, list.c_str(), counts[list]++, row};
    try {
      visit(list, element);
    } catch (const DataError& error) {
      findings.add("malformed rows", error);
    }
  });
}

void read_coco(std::string_view text, NamedRows& out, Findings& findings) {
  out.form = "COCO captions";
  out.entry = "annotation";
  std::map<std::string, std::string> files;
  each(text, out, findings, [&](const std::string& list, const Element& element) {
    if (list == "images") {
      const std::string id = element.id("id");
      if (!files.emplace(id, element.text("file_name")).second)
        throw element.error("image id " + id + " stands twice");
    } else if (list == "annotations") {
      NamedRow row;
      row.number = element.number;
      row.row.id = element.id("image_id");
      row.row.text = element.text("caption");
      push_caption(out, std::move(row), element, findings);
    }
  });
  // The images may stand behind the annotations.
  std::unordered_set<std::string> captioned;
  std::deque<NamedRow> kept;
  for (NamedRow& row : out.rows) {
    const auto file = files.find(row.row.id);
    if (file == files.end()) {
      findings.add("captions of an image that is not in the list",
                   DataError(str("[data] ", out.place(row.number), ": image_id ", row.row.id,
                                 " is not among the ", files.size(), " images")));
      continue;
    }
    row.pictures = {file->second};
    captioned.insert(row.row.id);
    kept.push_back(std::move(row));
  }
  out.rows = std::move(kept);
  for (const auto& [id, file] : files)
    if (!captioned.count(id)) findings.leave_out("images without a caption", file);
}

void read_karpathy(std::string_view text, const std::string& split, NamedRows& out,
                   Findings& findings) {
  out.form = "Karpathy's splits";
  out.entry = "image";
  std::map<std::string, int64_t> splits;
  each(text, out, findings, [&](const std::string& list, const Element& element) {
    if (list != "images") return;
    const std::string& own = element.text("split");
    ++splits[own];
    if (("+" + split + "+").find("+" + own + "+") == split.npos) return;
    NamedRow row;
    row.number = element.number;
    const Json* folder = element.json.find("filepath");
    row.pictures = {(folder && folder->is_string() ? folder->text() + "/" : "") +
                    element.text("filename")};
    row.row.id = element.id(element.json.find("cocoid") ? "cocoid" : "imgid");
    for (const Json& sentence : element.items("sentences")) {
      row.row.text = Element{out, "image", element.number, sentence}.text("raw");
      push_caption(out, row, element, findings);
    }
  });
  std::string names, wanted = split + "+";
  for (const auto& [name, count] : splits)
    names += str(names.empty() ? "" : ", ", name, " (", count, " pictures)");
  const std::string hint = "name one, or several with +: " + out.path + "#train+restval";
  if (split.empty()) throw DataError(str("[data] ", out.path, " has the splits ", names), hint);
  for (size_t end; (end = wanted.find('+')) != wanted.npos; wanted.erase(0, end + 1))
    if (const std::string name = wanted.substr(0, end); !splits.count(name))
      throw DataError(str("[data] ", out.path, " has no split '", name, "': it has ", names), hint);
}

// "v2_OpenEnded_mscoco_val2014_questions.json" has its answers in "v2_mscoco_val2014_annotations.
// json"; own data may call them X_questions.json and X_annotations.json. "" when there is none.
std::string annotations_of(const std::string& path) {
  const std::filesystem::path file(path);
  std::string name = file.filename().string();
  const std::string wanted = "questions.json";
  if (!name.ends_with(wanted)) return {};
  name.replace(name.size() - wanted.size(), wanted.size(), "annotations.json");
  std::string shorter = name;
  for (const char* word : {"OpenEnded_", "MultipleChoice_"})
    if (const size_t at = shorter.find(word); at != shorter.npos)
      shorter.erase(at, std::char_traits<char>::length(word));
  for (const std::string& candidate : {name, shorter}) {
    const std::string beside = (file.parent_path() / candidate).string();
    std::error_code error;
    if (std::filesystem::is_regular_file(beside, error)) return beside;
  }
  return {};
}

void read_answers(const std::string& path, NamedRows& out, Findings& findings) {
  std::unordered_map<std::string, size_t> questions;
  for (size_t i = 0; i < out.rows.size(); ++i) questions[out.rows[i].row.id] = i;
  NamedRows place;
  place.path = path;
  const std::string text = as_utf8(read_text(path));
  each(checked_utf8(text, path), place, findings, [&](const std::string& list, const Element& one) {
    if (list != "annotations") return;
    const std::string id = one.id("question_id");
    const auto question = questions.find(id);
    if (question == questions.end()) {
      findings.add("answers to no question",
                   one.error("question_id " + id + " is not in " + out.path));
      return;
    }
    std::vector<std::string> given;
    for (const Json& answer : one.items("answers"))
      given.push_back(Element{place, "annotation", one.number, answer}.text("answer"));
    out.rows[question->second].row.answers = weigh_answers(given);
  });
}

// The name that COCO gives a picture: COCO_val2014_000000000042.jpg.
std::string coco_name(const Element& question, const std::string& subtype) {
  const Json& id = question.at("image_id");
  if (!id.is_integer() || subtype.empty())
    throw question.error(
        "a picture is named by 'image', or by a number 'image_id' and the file's 'data_subtype'");
  char digits[24];
  std::snprintf(digits, sizeof digits, "%012lld", static_cast<long long>(id.integer()));
  return "COCO_" + subtype + "_" + digits + ".jpg";
}

// "val2014" of "data_subtype", which stands behind the questions in some files.
std::string data_subtype(std::string_view text) {
  const size_t key = text.find("\"data_subtype\"");
  if (key == text.npos) return {};
  const size_t from = text.find('"', text.find(':', key)), to = text.find('"', from + 1);
  return to == text.npos ? "" : std::string(text.substr(from + 1, to - from - 1));
}

void read_questions(std::string_view text, NamedRows& out, Findings& findings) {
  out.form = "VQA v2";
  out.entry = "question";
  out.kind = RowKind::questions;
  const std::string subtype = data_subtype(text);
  std::unordered_set<std::string> ids;
  each(text, out, findings, [&](const std::string& list, const Element& element) {
    if (list != "questions") return;
    NamedRow row;
    row.number = element.number;
    row.row.text = element.text("question");
    if (!models::has_words(row.row.text))
      throw element.error("'" + row.row.text + "' has no words");
    row.row.id = element.id("question_id");
    if (!ids.insert(row.row.id).second) {
      findings.add("repeated question ids",
                   element.error("question_id " + row.row.id + " stands twice"));
      return;
    }
    const Json* image = element.json.find("image");
    row.pictures = {image ? element.text("image") : coco_name(element, subtype)};
    out.rows.push_back(std::move(row));
  });
  if (const std::string annotations = annotations_of(out.path); !annotations.empty())
    read_answers(annotations, out, findings);
}

}  // namespace

NamedRows read_json_object(const std::string& path, std::string_view text, const std::string& split,
                           Findings& findings) {
  text = checked_utf8(text, path);
  NamedRows rows;
  rows.path = path;
  const Form form = find_form(text, path);
  if (form != Form::karpathy && !split.empty())
    throw DataError(str("[data] ", path, " has no splits, so there is no '", split, "'"));
  if (form == Form::coco) read_coco(text, rows, findings);
  if (form == Form::karpathy) read_karpathy(text, split, rows, findings);
  if (form == Form::questions) read_questions(text, rows, findings);
  if (form == Form::vqa_annotations)
    throw DataError(str("[data] ", path, " holds the annotations of VQA alone"),
                    "give the file of their questions; annotations are found beside it");
  return rows;
}

}  // namespace medley::train
