// Annotation lists: what is wrong is named by file, row and field.
#include "tests/train/data_support.h"
#include "train/data/annotations.h"
#include "train/data/encode_png.h"

namespace medley::train {
namespace {

struct Files {
  explicit Files(const std::string& json) : list(folder / "list.json"), tar(folder / "p.tar") {
    write_bytes(list, json);
    const std::vector<uint8_t> png =
        encode_png(2, 1, 3, std::vector<uint8_t>{255, 0, 0, 0, 255, 0});
    write_bytes(tar, tar_member("a.png", std::string(png.begin(), png.end())) +
                         tar_member("broken.png", std::string(png.begin(), png.end() - 9)) +
                         tar_end());
  }
  TempFolder folder;
  std::string list, tar;
};

TEST_CASE("rows with pictures from a tar") {
  const Files files(R"([{"image": "a.png", "caption": "A Cat!", "references": ["cat", "kitten"],
                         "image_id": 7, "extra": {}},
                        {"image": "a.png", "caption": "the same picture", "references": null}])");
  const auto data = open_json_tar(files.list, files.tar);
  REQUIRE(data->size() == 2);
  const Row row = data->row(0);
  CHECK(row.text == "A Cat!");
  CHECK(row.references == std::vector<std::string>{"cat", "kitten"});
  CHECK(data->picture_name(0) == "a.png");
  CHECK(same_image(*data->picture(0), {2, 1, {255, 0, 0, 0, 255, 0}}));
  CHECK(same_image(*data->picture(0), {2, 1, {255, 0, 0, 0, 255, 0}}));  // from memory now
  CHECK(data->row(1).references.empty());
  CHECK(data->row(1).text == "the same picture");
  CHECK(data->row(1).pictures == row.pictures);
  CHECK(data->pictures() == 1);
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
      {R"({"image": "a.png", "caption": ["cat"]})", "caption"},
      {R"({"image": "a.png", "caption": null})", "caption"},
      {R"({"image": "a.png", "caption": ""})", "caption"},
      {R"({"image": "a.png", "caption": " .!\n"})", "caption"},
      {R"({"image": "a.png", "caption": "cat", "references": "kitten"})", "references"},
      {R"({"image": "a.png", "caption": "cat", "references": ["kitten", 4]})", "references"},
      {R"({"image": "none.png", "caption": "cat"})", "image"}};
  for (const auto& [row, field] : cases) {
    CAPTURE(row);
    const Files files("[" + good + "," + row + "]");
    const std::string message =
        message_of<DataError>([&] { open_json_tar(files.list, files.tar); });
    CHECK(message.find("list.json") != std::string::npos);
    CHECK(message.find("row 1") != std::string::npos);
    CHECK(message.find("'" + field + "'") != std::string::npos);
  }
}

TEST_CASE("a file that is no list of rows is refused") {
  for (const char* text : {"", "{}", "[", "[3]", "[[]]", "[{\"image\": \"a.png\"", "[]"}) {
    CAPTURE(text);
    const Files files(text);
    CHECK(message_of<DataError>([&] { open_json_tar(files.list, files.tar); }).find("list.json") !=
          std::string::npos);
  }
  const Files files("[]");
  CHECK_THROWS_AS(open_json_tar(files.folder / "no.json", files.tar), IoError);
}

TEST_CASE("a picture that does not decode is named with its row") {
  const Files files(R"([{"image": "broken.png", "caption": "cat"}])");
  const auto data = open_json_tar(files.list, files.tar);
  const std::string message = message_of<DataError>([&] { data->picture(0); });
  for (const char* part : {"broken.png", "p.tar", "list.json", "row 0"})
    CHECK(message.find(part) != std::string::npos);
}

TEST_CASE("every list of picturebook opens") {
  const std::pair<const char*, int64_t> lists[] = {{"train", 6138},       {"val", 163},
                                                   {"test_style", 560},   {"test_combination", 211},
                                                   {"test_concept", 207}, {"web", 5269}};
  for (const auto& [name, rows] : lists) {
    const auto data =
        open_json_tar(picturebook() + "/" + name + ".json", picturebook() + "/images.tar");
    CHECK(data->size() == rows);
    CHECK(data->picture(data->pictures() - 1)->width == 64);
  }
}

}  // namespace
}  // namespace medley::train
