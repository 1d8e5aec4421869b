// What the readers of forms give: rows whose pictures are names yet, and what is wrong with them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "train/data/decode.h"

namespace medley::train {

struct NamedRow {
  Row row;                            // its `pictures` are not set
  std::vector<std::string> pictures;  // as the form names them
  int64_t number = 0;                 // of the entry that it comes from
};

struct NamedRows {
  std::string form;  // "COCO captions"
  std::string path;
  std::string entry = "row";    // what numbers count: "row" from 0, "line" from 1
  std::string image = "image";  // the field that names a picture
  RowKind kind = RowKind::captions;
  std::deque<NamedRow> rows;  // freed one after the other by who takes them
  // "captions.csv, line 3"
  std::string place(int64_t number) const;
};

// What is wrong with a data set. Who opens it to use it gets the first thing as an error; `medley
// data check` gets all of it.
class Findings {
 public:
  struct Kind {
    int64_t count = 0;
    std::vector<std::string> examples;  // the first
    bool fatal = true;                  // training would stop
  };
  static constexpr size_t kExamples = 5;

  explicit Findings(bool collect, size_t examples = kExamples)
      : collect_(collect), examples_(examples) {}
  // The row is left out; throws the error unless everything is collected.
  void add(const std::string& kind, const DataError& error);
  // What is left out in training too: counted, never an error.
  void leave_out(const std::string& kind, const std::string& example);
  const std::map<std::string, Kind>& kinds() const { return kinds_; }

 private:
  void count(const std::string& kind, const std::string& example, bool fatal);
  bool collect_;
  size_t examples_;  // of each kind
  std::map<std::string, Kind> kinds_;
};

// Names of the columns or fields of a table where the usual ones do not fit; empty: the usual ones.
struct ColumnNames {
  std::string image{}, caption{}, question{}, answer{};
};

struct DataOptions {
  // Folder or tar of the pictures that a list names. Empty: looked for beside the list (images.tar,
  // the list's folder, its sub-folders, the folder above). Of data of several parts also one for
  // each part, joined as they are.
  std::string images{};
  ColumnNames columns{};  // of tables
  // Pictures that are not there fail when they are asked for, like those that do not decode,
  // instead of now.
  bool keep_missing = false;
  // The same for rows of tables, texts beside pictures and shards that cannot be read: they stay,
  // and Row::error says why.
  bool keep_bad_rows = false;
  // Decoded pictures stay in memory up to a limit: small data sets are decoded once a run instead
  // of once an epoch.
  bool keep_pictures = true;
  PictureOptions pictures{};
  // A GIF or WebP with several frames is a video, a picture for each; else its first frame counts.
  bool animations = false;
  // Everything that is wrong goes there; null: the first of it is thrown.
  Findings* findings = nullptr;
};

// Tables: JSON lists, JSON lines, CSV and TSV, one entry for each row (table.cpp). Nothing for text
// that is one JSON object. `text` is what the file at `path` holds.
std::optional<NamedRows> read_table(const std::string& path, std::string_view text,
                                    const DataOptions& options, Findings& findings);
// A JSON object that holds lists: COCO's captions, Karpathy's splits, VQA's questions. `split`:
// which of Karpathy's, or several with + between; empty: an error that names them.
NamedRows read_json_object(const std::string& path, std::string_view text, const std::string& split,
                           Findings& findings);
// A folder of pictures with their captions in text files beside them, or of a folder of frames for
// each video (folder.cpp).
NamedRows read_captioned_folder(const std::string& path, const DataOptions& options,
                                Findings& findings);

// What an error says, without its way out.
std::string first_line(const Error& error);
// Distinct answers, each with its share of all that were given.
std::vector<Answer> weigh_answers(const std::vector<std::string>& given);
// Text of an id, which may be a number.
std::string id_text(const Json& id);

}  // namespace medley::train
