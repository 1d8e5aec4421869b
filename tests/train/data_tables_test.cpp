// Tables: lists in JSON, JSON lines, CSV and TSV. What is wrong is named by file, row and field.
#include "tests/train/form_files.h"
#include "train/data/encode_png.h"

namespace medley::train {
namespace {

struct ListAndTar : FormFiles {
  explicit ListAndTar(const std::string& json) {
    const std::vector<uint8_t> png =
        encode_png(2, 1, 3, std::vector<uint8_t>{255, 0, 0, 0, 255, 0});
    file("list.json", json);
    file("p.tar", tar_member("a.png", std::string(png.begin(), png.end())) +
                      tar_member("broken.png", std::string(png.begin(), png.end() - 30)) +
                      tar_end());
  }
  std::unique_ptr<Dataset> data() const {
    return open("list.json", {.images = *this / "p.tar"}).data;
  }
  std::string list_refusal() const { return refusal("list.json", {.images = *this / "p.tar"}); }
};

TEST_CASE("rows with pictures from a tar") {
  const ListAndTar files(
      R"([{"image": "a.png", "caption": "A Cat!", "references": ["cat", "kitten"],
           "image_id": 7, "extra": {}},
          {"image": "a.png", "caption": "the same picture", "references": null}])");
  const auto data = files.data();
  REQUIRE(data->size() == 2);
  const Row row = data->row(0);
  CHECK(row.text == "A Cat!");
  CHECK(row.references == std::vector<std::string>{"cat", "kitten"});
  CHECK(row.id == "7");
  CHECK(row.pictures == std::vector<int64_t>{0});
  CHECK(data->pictures() == 1);
  CHECK(data->picture_name(0) == "a.png");
  CHECK(same_image(*data->picture(0), {2, 1, {255, 0, 0, 0, 255, 0}}));
  CHECK(data->picture(0) == data->picture(0));  // from memory now
  CHECK(data->picture_bytes(0).size() > 20);
  CHECK(data->row(1).references.empty());
  CHECK(data->row(1).text == "the same picture");
  CHECK(data->row(1).pictures == std::vector<int64_t>{0});
  CHECK_THROWS_AS(data->row(2), ValueError);
  CHECK_THROWS_AS(data->row(-1), ValueError);
  CHECK_THROWS_AS(data->picture(1), ValueError);
}

TEST_CASE("a wrong row is named by file, row and field") {
  const std::string good = R"({"image": "a.png", "caption": "cat"})";
  const std::pair<std::string, std::string> cases[] = {
      {R"({"caption": "cat"})", "image"},
      {R"({"image": "a.png"})", "caption"},
      {R"({"image": 3, "caption": "cat"})", "image"},
      {R"({"image": "", "caption": "cat"})", "image"},
      {R"({"image": [], "caption": "cat"})", "image"},
      {R"({"image": "a.png", "caption": ["cat", 5]})", "caption"},
      {R"({"image": "a.png", "caption": []})", "caption"},
      {R"({"image": "a.png", "caption": null})", "caption"},
      {R"({"image": "a.png", "caption": ""})", "caption"},
      {R"({"image": "a.png", "caption": " .!\n"})", "caption"},
      {R"({"image": "a.png", "caption": "cat", "references": "kitten"})", "references"},
      {R"({"image": "a.png", "caption": "cat", "references": ["kitten", 4]})", "references"},
      {R"({"image": "none.png", "caption": "cat"})", "image"}};
  for (const auto& [row, field] : cases) {
    CAPTURE(row);
    const ListAndTar files("[" + good + "," + row + "]");
    CHECK(contains_all(files.list_refusal(), {"list.json", "row 1", "'" + field + "'"}));
  }
}

TEST_CASE("everything that is wrong can be collected instead") {
  const ListAndTar files(R"([{"image": "a.png", "caption": "good"}, 3,
      {"image": "none.png", "caption": "dead"}, {"image": "a.png", "caption": "."},
      {"image": "gone.png", "caption": "dead"}])");
  Findings findings(true);
  const OpenedData opened =
      files.open("list.json", {.images = files / "p.tar", .findings = &findings});
  CHECK(opened.data->size() == 1);
  CHECK(findings.kinds().size() == 3);
  CHECK(findings.kinds().at("pictures that are not there").count == 2);
  CHECK(findings.kinds().at("malformed rows").examples.size() == 1);
  CHECK(findings.kinds().at("empty captions").fatal);
}

TEST_CASE("pictures that are not there can be left for later") {
  const ListAndTar files(R"([{"image": "a.png", "caption": "cat"},
                             {"image": "none.png", "caption": "dead"}])");
  const auto data = files.open("list.json", {.images = files / "p.tar", .keep_missing = true}).data;
  CHECK(data->size() == 2);
  CHECK(message_of<DataError>([&] { data->picture(1); }).find("none.png") != std::string::npos);
}

TEST_CASE("a file that is no list of rows is refused") {
  for (const char* text : {"", "{}", "[", "[3]", "[[]]", "[{\"image\": \"a.png\"", "[]"}) {
    CAPTURE(text);
    CHECK(contains_all(ListAndTar(text).list_refusal(), {"list.json"}));
  }
  const FormFiles files;
  CHECK_THROWS_AS(files.open("no.json"), IoError);
}

TEST_CASE("a picture that does not decode is named with its row") {
  const ListAndTar files(R"([{"image": "broken.png", "caption": "cat"}])");
  const auto data = files.data();
  CHECK(contains_all(message_of<DataError>([&] { data->picture(0); }),
                     {"broken.png", "p.tar", "list.json", "row 0"}));
}

TEST_CASE("two files of one name in a tar are refused where a row names them") {
  const FormFiles files;
  files.file("list.json",
             R"([{"image": "b.png", "caption": "x"}, {"image": "a.png", "caption": "y"}])");
  files.file("images.tar", tar_member("a.png", grey_png(1)) + tar_member("b.png", grey_png(2)) +
                               tar_member("a.png", grey_png(3)) + tar_end());
  CHECK(contains_all(files.refusal("list.json"), {"row 1", "images.tar has two files 'a.png'"}));
}

TEST_CASE("every list of picturebook opens") {
  const std::pair<const char*, int64_t> lists[] = {{"train", 6138},       {"val", 163},
                                                   {"test_style", 560},   {"test_combination", 211},
                                                   {"test_concept", 207}, {"web", 5269}};
  for (const auto& [name, rows] : lists) {
    const auto data = open_data(picturebook() + "/" + name + ".json").data;
    CHECK(data->size() == rows);
    CHECK(data->picture(data->row(rows - 1).pictures[0])->width == 64);
  }
  const std::string message = message_of<DataError>([&] { open_data(picturebook()); });
  CHECK(contains_all(message, {"several lists", "train.json", "val.json"}));
}

TEST_CASE("csv, tsv and json lines give the rows of a list") {
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"t.csv", "image,caption\na.png,one\nb.png,\"two, three\"\n"},
           {"t.csv", "\xEF\xBB\xBFid;caption;image\r\n1;one;a.png\r\n2;two, three;b.png\r\n"},
           {"t.tsv", "caption\tfile_name\none\ta.png\ntwo, three\tb.png\n"},
           {"t.jsonl",
            "{\"image\": \"a.png\", \"text\": \"one\"}\n"
            "{\"image\": \"b.png\", \"text\": \"two, three\"}\n"},
           {"t.json",
            "{\"image\": \"a.png\", \"text\": \"one\"}\n\n"
            "{\"image\": \"b.png\", \"text\": [\"two, three\"]}"}}) {
    CAPTURE(text);
    FormFiles files;
    files.file(name, text).picture("a.png", 10).picture("b.png", 20);
    const OpenedData opened = files.open(name);
    REQUIRE(opened.data->size() == 2);
    CHECK(opened.data->row(0).text == "one");
    CHECK(opened.data->row(1).text == "two, three");
    CHECK(greys(*opened.data, 1) == std::vector<int>{20});
  }
}

TEST_CASE("a column that is not there is refused, and those that are there are named") {
  FormFiles files;
  files.file("t.csv", "picture;words\na.png;one\n").picture("a.png", 10);
  CHECK(contains_all(files.refusal("t.csv"),
                     {"no column for the caption", "picture, words", "--caption-column"}));
  const ColumnNames names{.image = "picture", .caption = "words"};
  CHECK(files.open("t.csv", {.columns = names}).data->row(0).text == "one");
  CHECK(contains_all(files.refusal("t.csv", {.columns = {.image = "file", .caption = "words"}}),
                     {"no column 'file' for the picture", "picture, words"}));
  files.file("t.csv", "image,caption,image\na.png,one,b.png\n");
  CHECK(contains_all(files.refusal("t.csv"), {"two columns 'image'"}));
  files.file("t.csv", "image,caption\na.png,one,more\n");
  CHECK(contains_all(files.refusal("t.csv"), {"line 2 has 3 fields", "has 2"}));
}

TEST_CASE("pictures are found beside a list, in its sub-folders and above it, or said") {
  for (const char* place : {"lists/", "lists/pictures/", "", "photos/"}) {
    CAPTURE(place);
    FormFiles files;
    files.file("lists/t.csv", "image,caption\na.png,one\n").picture(str(place, "a.png"), 7);
    CHECK(grey_of(*files.open("lists/t.csv").data, 0) == 7);
  }
  FormFiles files;
  files.file("lists/t.csv", "image,caption\na.png,one\n").picture("far/away/a.png", 7);
  CHECK(contains_all(files.refusal("lists/t.csv"), {"'a.png' is in none of", "--images"}));
  CHECK(grey_of(*files.open("lists/t.csv", {.images = files / "far"}).data, 0) == 7);
  CHECK_THROWS_AS(files.open("lists/t.csv", {.images = files / "none"}), IoError);
  files.file("p.tar", tar_member("deep/inside/a.png", grey_png(9)) + tar_end());
  CHECK(grey_of(*files.open("lists/t.csv", {.images = files / "p.tar"}).data, 0) == 9);
}

TEST_CASE("questions with answers: each distinct answer has its share") {
  FormFiles files;
  files.picture("a.png", 1).file("q.json", R"([
    {"image": "a.png", "question": "is there a cat?", "answer": ["yes", "no", "yes", "yes"],
     "question_id": 5, "dataset": "vqa"},
    {"image": "a.png", "question": "what is it?", "answer": "a cat", "dataset": "vg", "question_id": 5},
    {"image": "a.png", "question": "which?", "question_id": 7, "answer": null},
    {"image": "a.png", "question": "how many?", "answer": [{"answer": "2", "weight": 0.3}]}])");
  const OpenedData opened = files.open("q.json");
  CHECK(opened.data->kind() == RowKind::questions);
  CHECK(opened.summary() == "BLIP's VQA list: 4 questions about 1 picture, answers known to 3");
  const Row row = opened.data->row(0);
  CHECK(row.id == "5");
  REQUIRE(row.answers.size() == 2);
  CHECK(row.answers[0].text == "yes");
  CHECK(row.answers[0].weight == 0.75);
  CHECK(row.answers[1].weight == 0.25);
  CHECK(opened.data->row(1).answers[0].weight == 0.2);
  CHECK(opened.data->row(2).answers.empty());
  CHECK(opened.data->row(3).answers[0].weight == 0.3);

  files.file("q.csv", "image,question,answer\na.png,is it red?,yes\na.png,is it big?,\n");
  CHECK(files.open("q.csv").data->row(0).answers[0].weight == 1);
  CHECK(files.open("q.csv").data->row(1).answers.empty());
  files.file("q.json", R"([{"image": "a.png", "question": "x?", "question_id": 5},
                           {"image": "a.png", "question": "y?", "question_id": 5}])");
  CHECK(contains_all(files.refusal("q.json"), {"row 1", "question_id", "5 stands twice"}));
}

TEST_CASE("sentences about two pictures") {
  FormFiles files;
  files.picture("a.png", 1).picture("b.png", 2).file("n.json", R"([
    {"images": ["a.png", "b.png"], "sentence": "both are red", "label": "True"},
    {"images": ["b.png", "a.png"], "sentence": "one is red", "label": "False"},
    {"images": ["a.png", "a.png"], "sentence": "none is red"}])");
  const OpenedData opened = files.open("n.json");
  CHECK(opened.data->kind() == RowKind::comparisons);
  CHECK(opened.summary() == "NLVR2: 3 sentences about 2 pictures");
  CHECK(greys(*opened.data, 1) == std::vector<int>{2, 1});
  CHECK(opened.data->row(0).truth == true);
  CHECK(opened.data->row(1).truth == false);
  CHECK_FALSE(opened.data->row(2).truth.has_value());

  files.file("n.json", R"([{"images": ["a.png"], "sentence": "both are red", "label": "True"}])");
  CHECK(contains_all(files.refusal("n.json"), {"row 0", "'images'", "two pictures", "names 1"}));
  files.file("n.json", R"([{"images": ["a.png", "b.png"], "sentence": "x", "label": "maybe"}])");
  CHECK(contains_all(files.refusal("n.json"), {"'label'", "True or False", "maybe"}));
}

TEST_CASE("NLVR2's own lines name their pictures by the identifier") {
  FormFiles files;
  files.picture("dev/dev-1-0-img0.png", 1).picture("dev/dev-1-0-img1.png", 2);
  files.file("dev.json", R"({"identifier": "dev-1-0-1", "sentence": "two dogs", "label": "False"})"
                         "\n"
                         R"({"identifier": "dev-1-0-2", "sentence": "no dogs", "label": "True"})"
                         "\n");
  const OpenedData opened = files.open("dev.json");
  CHECK(opened.summary() == "NLVR2: 2 sentences about 2 pictures");
  CHECK(greys(*opened.data, 1) == std::vector<int>{1, 2});
  CHECK(opened.data->row(1).id == "dev-1-0-2");
  std::filesystem::remove(files / "dev/dev-1-0-img1.png");
  CHECK(contains_all(files.refusal("dev.json"), {"line 1", "dev-1-0-img1.png"}));
}

}  // namespace
}  // namespace medley::train
