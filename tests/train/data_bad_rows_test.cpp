// A caller that wants all rows gets those that cannot be read, too, with the reason and the picture
// where it is known.
#include "tests/train/form_files.h"

namespace medley::train {
namespace {

// "text" of a good row, "picture number: what is wrong" of a bad one.
std::vector<std::string> rows_of(const FormFiles& files, const std::string& name) {
  Findings findings(true);
  const OpenedData opened = files.open(name, {.keep_bad_rows = true, .findings = &findings});
  std::vector<std::string> rows;
  for (int64_t i = 0; i < opened.data->size(); ++i) {
    const Row row = opened.data->row(i);
    const std::string picture = row.pictures.empty() ? "-" : std::to_string(row.pictures[0]);
    rows.push_back(row.error.empty() ? row.text : picture + ": " + row.error);
  }
  return rows;
}

// Each row contains its part.
bool matches(const std::vector<std::string>& rows, const std::vector<std::string>& parts) {
  UNSCOPED_INFO(str(rows.size(), " rows, ", parts.size(), " wanted"));
  if (rows.size() != parts.size()) return false;
  for (size_t i = 0; i < rows.size(); ++i)
    if (!contains_all(rows[i], {parts[i]})) return false;
  return true;
}

TEST_CASE("bad rows: of tables") {
  const FormFiles files;
  files.picture("a.png", 1).picture("b.png", 2);
  files.file("rows.csv",
             "image,caption\na.png,one\nb.png,K\xE4se\na.png,...\na.png,x,y\n,two\n\xFF,z\nb.png,"
             "\xE7\x8C\xAB\n");
  CHECK(matches(rows_of(files, "rows.csv"), {"one", "1: [data] ", "0: [data] ", "-: [data] ",
                                             "-: [data] ", "-: [data] ", "\xE7\x8C\xAB"}));
  CHECK(matches(rows_of(files, "rows.csv"),
                {"one", "line 3, field 'caption': it is not UTF-8", "'...' has no words",
                 "line 5 has 3 fields", "field 'image': it is empty", "field 'image': it is not",
                 "\xE7\x8C\xAB"}));
  files.file("rows.jsonl",
             "{\"file_name\": \"a.png\"}\n{\"file_name\": \"a.png\", \"text\": \"one\"}\n{\"te\n"
             "{\"file_name\": \"b.png\", \"text\": \"K\xE4se\"}\n7\n"
             "{\"file_name\": \"b.png\", \"text\": [\"two\", \"\"]}\n");
  CHECK(matches(rows_of(files, "rows.jsonl"),
                {"no column for the caption", "one", "line 3", "1: [data]",
                 "line 5 must be an object", "two", "1: [data]"}));
  files.file("rows.json",
             "[{\"image\": \"gone.png\", \"caption\": \"one\"}, [],\n {\"image\": "
             "\"b.png\", \"caption\": \"K\xE4se\"}]");
  CHECK(matches(rows_of(files, "rows.json"), {"one", "row 1 must be an object", "not UTF-8"}));

  // Who reads to train is told of the first.
  CHECK(contains_all(files.refusal("rows.csv"), {"line 3, field 'caption': it is not UTF-8"}));
  files.file("none.jsonl", "{\"file_name\": \"a.png\"}\n{\"file_name\": \"b.png\"}\n");
  CHECK(contains_all(message_of<DataError>([&] { rows_of(files, "none.jsonl"); }),
                     {"no column for the caption"}));
  files.file("wrong.csv", "image,caption\n,one\n,two\n");
  CHECK(contains_all(message_of<DataError>([&] { rows_of(files, "wrong.csv"); }),
                     {"no row of", "wrong.csv", "it is empty"}));
}

TEST_CASE("bad rows: of shards and of texts beside pictures") {
  const FormFiles files;
  std::string tar;
  for (const auto& [key, text] : {std::pair{"a", " . "}, {"b", "K\xE4se"}, {"c", "one"}})
    tar += tar_member(str(key, ".png"), grey_png(1)) + tar_member(str(key, ".txt"), text);
  tar += tar_member("d.png", grey_png(2)) + tar_member("d.json", "{\"caption\": 3}");
  files.file("a.tar", tar + tar_end());
  CHECK(matches(rows_of(files, "a.tar"),
                {"0: [data] the caption of 'a'", "1: [data] 'b' of", "one", "3: [data] "}));
  CHECK(matches(rows_of(files, "a.tar"), {"no words", "not UTF-8", "one", "must be a text"}));
  // Without that only a shard whose first rows have no text is refused when it is opened.
  CHECK(contains_all(message_of<DataError>([&] { files.open("a.tar").data->row(0); }), {"'a' of"}));

  files.picture("pets/a.png", 1).file("pets/a.txt", "one\n").picture("pets/b.png", 2);
  files.file("pets/b.txt", "K\xE4se").picture("pets/c.png", 3).file("pets/c.txt", "\n");
  CHECK(matches(rows_of(files, "pets"), {"one", "1: [data]", "2: [data]"}));
  CHECK(matches(rows_of(files, "pets"), {"one", "not UTF-8", "holds no caption"}));
}

}  // namespace
}  // namespace medley::train
