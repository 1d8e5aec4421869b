// CSV: every form that spreadsheets write, and what is refused with its line.
#include "tests/train/data_support.h"
#include "train/data/forms/csv.h"

namespace medley::train {
namespace {

using Lines = std::vector<std::vector<std::string>>;

Lines read(const std::string& text) {
  CsvReader csv(text, "t.csv");
  Lines lines;
  std::vector<std::string> fields;
  while (csv.next(fields)) lines.push_back(fields);
  return lines;
}

std::string refusal(const std::string& text) {
  return message_of<DataError>([&] { read(text); });
}

TEST_CASE("csv: quotes, delimiters, line ends and a byte order mark") {
  const Lines want = {{"image", "caption"}, {"a.png", "a cat, asleep"}, {"b.png", "say \"hi\""}};
  CHECK(read("image,caption\na.png,\"a cat, asleep\"\nb.png,\"say \"\"hi\"\"\"\n") == want);
  CHECK(read("image;caption\na.png;a cat, asleep\nb.png;\"say \"\"hi\"\"\"") == want);
  CHECK(read("image\tcaption\na.png\ta cat, asleep\nb.png\tsay \"hi\"\n") == want);
  CHECK(read("\xEF\xBB\xBFimage,caption\r\na.png,\"a cat, asleep\"\r\n\r\nb.png,\"say "
             "\"\"hi\"\"\"\r\n") == want);
  CHECK(read("a,b\n\"two\nlines\",x\n") == Lines{{"a", "b"}, {"two\nlines", "x"}});
  CHECK(read("a,b\n,\n\"\",\n") == Lines{{"a", "b"}, {"", ""}, {"", ""}});
  CHECK(read("a,b\nx,") == Lines{{"a", "b"}, {"x", ""}});
  CHECK(read("a\nK\xC3\xA4se\n\xF0\x9F\x90\x88\n")[2][0] == "\xF0\x9F\x90\x88");
  CHECK(read("\n\n").empty());
}

TEST_CASE("csv: a line is where its first field begins") {
  CsvReader csv("a\n\"two\nlines\"\n\nlast\n", "t.csv");
  std::vector<std::string> fields;
  std::vector<int64_t> lines;
  while (csv.next(fields)) lines.push_back(csv.line());
  CHECK(lines == std::vector<int64_t>{1, 2, 5});
}

TEST_CASE("csv: what is damaged is refused with file and line") {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"a,b\nx,\"open\ny,z\n", "line 2: a quote is opened"},
           {"a,b\nx,\"shut\"y\n", "line 2: 'y' follows a closing quote"},
           {"a,b\nx,y\nK\xE4se,z\n", "line 3: byte 9 of the text is not UTF-8"},
           {"a\n\xC0\xAF\n", "not UTF-8"},
           {"a\n\xED\xA0\x80\n", "not UTF-8"},
           {"a\n\xF0\x9F\x90", "not UTF-8"},
           {std::string("\xFF\xFE"
                        "a\0",
                        4),
            "UTF-16"}}) {
    CAPTURE(text);
    CHECK(refusal(text).find("t.csv") != std::string::npos);
    CHECK(refusal(text).find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace medley::train
