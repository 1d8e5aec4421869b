// CapFilt and what the web has: each failure is a line with its reason, and stops nothing. A disk
// that is full stops the work, and what is done stays.
#include <cerrno>

#include "core/log.h"
#include "tests/train/label_files.h"
#include "tests/train/program.h"
#include "train/capfilt/capfilt.h"

namespace medley::train {
namespace {

LabelOptions demo_labels(const FormFiles& files, const std::string& data) {
  LabelOptions options;
  options.data = files / data;
  options.captioner = options.filter = "demo";
  options.generate.max_length = 5;
  options.out = files / "labels";
  return options;
}

std::vector<LabelledPicture> labelled(const std::string& folder) {
  std::vector<LabelledPicture> all;
  LabelFolder::open(folder).each([&](const LabelledPicture& picture) { all.push_back(picture); });
  return all;
}

// A pixel on a screen of side x side.
std::string gif(int side) {
  const std::string bytes{static_cast<char>(side & 0xFF), static_cast<char>(side >> 8)};
  return "GIF89a" + bytes + bytes + std::string("\x80\0\0\0\0\0\xFF\xFF\xFF", 9) +
         std::string("\x2C\0\0\0\0\1\0\1\0\0\2\2\x44\1\0", 15) + ";";
}

const std::string kLong(10'000, 'a');

TEST_CASE("capfilt: bad pictures and texts are lines with their reason") {
  set_log_level(LogLevel::error);
  const FormFiles files;
  files.picture("good.png", 200).picture("two.png", 90).file("broken.png", "\x89PNG no picture");
  files.picture("moves/1.png", 1).picture("moves/2.png", 2).file("bomb.gif", gif(60'000));
  files.file("web.csv", "image,caption\ngood.png,a cat\ngood.png,...\ngood.png," + kLong +
                            "\ngood.png,\xE7\x8C\xAB\ngood.png,K\xE4se\ngone.png,a dog\n"
                            "broken.png,an owl\nmoves,a fish\nbomb.gif,a fish\nx,y,z\n"
                            "two.png,a fish\n");
  LabelOptions options = demo_labels(files, "web.csv");
  const LabelOutcome outcome = label(options);
  CHECK(outcome.pictures == 7);
  CHECK(outcome.failed == 5);
  CHECK(outcome.failed_texts == 2);
  const std::vector<LabelledPicture> found = labelled(options.out);
  REQUIRE(found.size() == 7);
  const char* const errors[] = {"",
                                "gone.png is not there",
                                "'broken.png'",
                                "'moves/1.png' and 1 more are a video",
                                "60000 x 60000 pixels",
                                "line 11 has 3 fields"};
  for (size_t i = 1; i < 6; ++i) CHECK_THAT(found[i].error, Catch::Contains(errors[i]));
  const std::vector<LabelledText>& texts = found[0].texts;
  REQUIRE(texts.size() == 6);
  CHECK_THAT(texts[1].error, Catch::Contains("'...' has no words"));
  CHECK(texts[2].error.empty());  // cut
  CHECK(texts[3].error.empty());  // a word that the model does not know
  CHECK_THAT(texts[4].error, Catch::Contains("not UTF-8"));
  CHECK(texts[5].source == "synthetic");

  const Selection selection = select({.folder = options.out, .threshold = 0});
  CHECK(selection.sources.at("web").texts == 11);
  CHECK(selection.sources.at("web").failed == 7);
  CHECK(selection.failed == 5);
  CHECK_THAT(read_bytes(files / "labels/dropped.json"), Catch::Contains("60000 x 60000"));
  write_selection_report(options.out, selection);

  options.out = files / "strict";
  options.max_bad = 2;
  CHECK(contains_all(message_of<DataError>([&] { label(options); }),
                     {"1 pictures and 2 texts", "--max-bad"}));
}

TEST_CASE("capfilt: a bad sample of a shard does not stop it, and lists of captions are texts") {
  set_log_level(LogLevel::error);
  const FormFiles files;
  std::string tar;
  const auto add = [&](const std::string& key, const std::string& picture, const std::string& end,
                       const std::string& text) {
    tar += tar_member(key + ".png", picture) + tar_member(key + end, text);
  };
  add("a", grey_png(1), ".txt", "K\xE4se");
  add("b", grey_png(2), ".json", R"({"caption": ["a cat", "a dog"]})");
  add("c", grey_png(3), ".json", R"({"capt)");
  add("d", gif(60'000), ".txt", "a cat");
  add("e", "GIF89a", ".txt", "a cat");
  files.file("web.tar", tar + tar_end());
  const LabelOptions options = demo_labels(files, "web.tar");
  const LabelOutcome outcome = label(options);
  CHECK(outcome.failed == 2);
  CHECK(outcome.failed_texts == 2);
  const std::vector<LabelledPicture> found = labelled(options.out);
  REQUIRE(found.size() == 5);
  for (const size_t bad : {0, 2}) {
    REQUIRE(found[bad].texts.size() == 2);  // there is a caption nevertheless
    CHECK(found[bad].texts[0].error != "");
    CHECK(found[bad].texts[1].error == "");
  }
  REQUIRE(found[1].texts.size() == 3);
  CHECK(found[1].texts[1].text == "a dog");
  CHECK(found[1].texts[1].source == "web");
  CHECK_THAT(found[3].error, Catch::Contains("60000 x 60000"));
  CHECK_THAT(found[4].error, Catch::Contains("damaged GIF"));
  select({.folder = options.out, .threshold = 0, .shards = files / "made"});
  CHECK(files.open("made").data->size() == 5);
  CHECK(Json::read(files / "made/dropped.json").items().size() == 4);
}

TEST_CASE("capfilt: a picture is labelled once, in the unit of its first row") {
  set_log_level(LogLevel::error);
  const FormFiles files;
  std::string list = "image,caption\n";
  for (int64_t i = 0; i < kUnitRows - 1; ++i) list += "a.png,...\n";
  list += "b.png,one\nb.png,two\nb.png,three\nc.png,four\n";
  for (const char* name : {"a.png", "b.png", "c.png"}) files.picture(name, name[0]);
  files.file("web.csv", list);
  const LabelOptions options = demo_labels(files, "web.csv");
  CHECK(label(options).units == 2);
  const std::vector<LabelledPicture> found = labelled(options.out);
  REQUIRE(found.size() == 3);
  CHECK(found[1].texts.size() == 4);
  CHECK(found[1].row == kUnitRows - 1);
  CHECK(found[2].image == "c.png");
}

TEST_CASE("capfilt: a full disk ends the work, and the same command goes on") {
  set_log_level(LogLevel::error);
  const FormFiles files;
  for (int shard = 0; shard < 3; ++shard)
    files.file(str("web-", shard, ".tar"),
               tar_member("a.png", grey_png(shard)) + tar_member("a.txt", "a cat") + tar_end());
  LabelOptions options = demo_labels(files, "web-{0..2}.tar");
  int writes = 0;
  set_file_hook([&](const std::string& operation, const std::string& path) {
    return operation == "write" && path.find("labels/labels") != path.npos && ++writes == 2 ? ENOSPC
                                                                                            : 0;
  });
  CHECK(contains_all(message_of<IoError>([&] { label(options); }), {"labels", "No space left"}));
  set_file_hook(nullptr);
  CHECK(list_folder(options.out + "/labels") == std::vector<std::string>{"000000.jsonl", "lock"});
  CHECK(label(options).done == 2);
  CHECK(labelled(options.out).size() == 3);
}

TEST_CASE("cli: capfilt warns of a filter that has learned nothing") {
  const FormFiles files;
  write_labels(files, {{0.7, 0.7001}, {0.7, 0.7002}});
  const Result r = run({"capfilt", "select", files / "labels"});
  CHECK(r.code == 0);
  CHECK(contains_all(r.err, {"warning", "nearly the same of all 4 texts", "0.7001"}));
}

}  // namespace
}  // namespace medley::train
