// Lists and archives as people's programs leave them; what is wrong is found by who trains and by
// `medley data check` alike.
#include "tests/train/form_files.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

std::string utf16(const std::string& text) {
  std::string wide = "\xFF\xFE";
  for (const char c : text) wide += {c, '\0'};
  return wide;
}

FormFiles two_pictures() {
  FormFiles files;
  files.picture("a.png", 1).picture("b.png", 2);
  return files;
}

}  // namespace

TEST_CASE("lists: byte order marks, UTF-16 and line ends of Windows change nothing") {
  const std::string list = R"([{"image": "a.png", "caption": "a cat"},
                               {"image": "./b.png", "caption": "a dog"}])";
  const std::string lines =
      "{\"image\": \"a.png\", \"caption\": \"a cat\"}\r\n"
      "{\"image\": \"./b.png\", \"caption\": \"a dog\"}\r\n";
  const std::string table = "image,caption\r\na.png,a cat\r\n./b.png,a dog\r\n";
  for (const std::string& text : {list, lines, table})
    for (const std::string& saved : {text, "\xEF\xBB\xBF" + text, utf16(text)}) {
      CAPTURE(saved);
      const FormFiles files = two_pictures();
      files.file("list.json", saved);
      const OpenedData opened = files.open("list.json");
      REQUIRE(opened.data->size() == 2);
      CHECK(opened.data->row(1).text == "a dog");
      CHECK(greys(*opened.data, 1) == std::vector<int>{2});
    }
}

TEST_CASE("lists: what is no list is called what it is") {
  const FormFiles files = two_pictures();
  files.file("list.zip", "PK\x03\x04" + std::string(40, 'x'));
  files.file("list.gz", "\x1F\x8B\x08" + std::string(40, 'x'));
  files.file("list.json", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n");
  CHECK(contains_all(files.refusal("list.zip"), {"is a zip archive, not a list", "unzip"}));
  CHECK(contains_all(files.refusal("list.gz"), {"is compressed by gzip, not a list"}));
  CHECK(contains_all(files.refusal("list.json"), {"is a pointer of git-lfs", "git lfs pull"}));
}

TEST_CASE("lists and archives: a name is one however each of them writes it") {
  for (const auto& [listed, stored] : std::vector<std::pair<std::string, std::string>>{
           {"./p/x.png", "p/x.png"}, {"p/x.png", "./p/x.png"}, {"./x.png", "p/x.png"}}) {
    INFO(listed << " in " << stored);
    FormFiles files;
    files.file("images.tar", tar_member(stored, grey_png(7)) + tar_end());
    files.file("list.json", str(R"([{"image": ")", listed, R"(", "caption": "a cat"}])"));
    CHECK(greys(*files.open("list.json").data, 0) == std::vector<int>{7});
  }
}

TEST_CASE("lists: whoever reads them finds the same rows bad") {
  const std::string space = "\xE2\x80\x8B";  // U+200B, which the tokenizer leaves out
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"image": "b.png", "caption": ")" + space + R"("})", "has no words"},
      {R"({"image": "b.png", "caption": "\u0007\u00ad"})", "has no words"},
      {R"({"image": "b.png", "caption": "a", "references": "b"})", "it must be a list of texts"},
      {R"({"image": "b.png", "caption": "a", "references": [3]})", "it must be a text"},
      {R"({"image": "b.png", "caption": "a", "references": [")" + space + R"("]})", "has no words"},
      {R"({"image": "b.png", "caption": []})", "it holds no caption"}};
  for (const auto& [row, problem] : bad) {
    INFO(row);
    const FormFiles files = two_pictures();
    files.file("list.json", R"([{"image": "a.png", "caption": "a cat"}, )" + row + "]");
    CHECK(contains_all(files.refusal("list.json"), {"row 1", problem}));
    const Result checked = run({"data", "check", files / "list.json", "--json"});
    CHECK(checked.code == 3);
    CHECK(contains_all(checked.out, {"row 1", problem}));
  }
  const FormFiles files = two_pictures();
  files.file("list.json", "[]");
  CHECK(contains_all(files.refusal("list.json"), {"has no rows"}));
  CHECK(contains_all(run({"data", "check", files / "list.json"}).out, {"has no rows"}));
}

TEST_CASE("data check: JSON lists every bad row, the terminal the first ones") {
  const FormFiles files = two_pictures();
  std::string table = "image,caption\na.png,a cat\n";
  for (int i = 0; i < 12; ++i) table += "b.png,...\n";
  files.file("t.csv", table);
  const Json json = Json::parse(run({"data", "check", files / "t.csv", "--json"}).out, "stdout");
  const Json& empty = json.at("problems").at("empty captions");
  CHECK(empty.at("count").integer() == 12);
  REQUIRE(empty.at("examples").items().size() == 12);
  CHECK_THAT(empty.at("examples").items()[11].text(), Catch::Contains("line 14"));
  CHECK_THAT(run({"data", "check", files / "t.csv"}).out, !Catch::Contains("line 14"));
}

}  // namespace medley::train
