// Folders of tasks: whole, the same for the same options, and with pictures that fit their rows.
#include <map>
#include <set>

#include "models/text/tokenizer.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"
#include "train/config/config.h"
#include "train/data/decode.h"
#include "train/data/scene_drawings.h"
#include "train/data/tar.h"
#include "train/data/tasks/make.h"
#include "train/data/tasks/scene_questions.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

const std::vector<std::string> kSceneLists = {"train.json", "val.json", "test_seen.json",
                                              "test_pair.json", "test_drawing.json"};

std::string all_bytes(const std::string& folder) {
  std::string bytes;
  for (const std::string& name : list_folder(folder)) bytes += read_bytes(folder + "/" + name);
  return bytes;
}

std::vector<std::string> pictures_of(const Json& row) {
  if (const Json* image = row.find("image")) return {image->text()};
  std::vector<std::string> names;
  for (const Json& image : row.at("images").items()) names.push_back(image.text());
  return names;
}

TEST_CASE("questions about scenes: lists, pictures, balance") {
  const TempFolder folder;
  const std::string out = folder / "vqa";
  const std::vector<ListSummary> lists =
      make_task({.task = "vqa", .from = "scenes", .out = out, .count = 300, .seed = 5});
  REQUIRE(lists.size() == kSceneLists.size());
  const TarFile tar(out + "/images.tar");
  const SceneDrawings drawings(picturebook(), 48);
  std::set<std::string> named, train_pixels;
  for (size_t l = 0; l < lists.size(); ++l) {
    CHECK(lists[l].list == kSceneLists[l]);
    CHECK(lists[l].share < 0.27);
    const std::string split = kSceneSplits[l];
    const Json list = Json::read(out + "/" + lists[l].list);
    CHECK(list.items().size() == (split == "train" ? 300 : 2000));
    std::map<std::string, double> answers;
    std::set<std::string> pictures;
    for (const Json& row : list.items()) {
      ++answers[row.at("answer").items().at(0).text()];
      const std::string name = row.at("image").text();
      REQUIRE(name.starts_with(split + "/"));
      if (!pictures.insert(name).second) continue;
      const Image image = decode_image(tar.read(name), name);
      const std::string pixels(image.rgb.begin(), image.rgb.end());
      if (split == "train") {
        train_pixels.insert(pixels);
      } else {
        REQUIRE_FALSE(train_pixels.contains(pixels));
        const auto index = std::stoull(name.substr(split.size() + 1));
        REQUIRE(same_image(image, drawings.draw(plan_task_scene(scene_split(split), 5, index))));
      }
    }
    CHECK(lists[l].rows == static_cast<int64_t>(list.items().size()));
    CHECK(lists[l].pictures == static_cast<int64_t>(pictures.size()));
    CHECK(lists[l].answers == static_cast<int64_t>(answers.size()));
    CHECK(lists[l].share == answers.at(lists[l].guess) / double(lists[l].rows));
    CHECK(answers["yes"] / double(lists[l].rows) ==
          Approx(answers["no"] / double(lists[l].rows)).margin(0.004));
    named.insert(pictures.begin(), pictures.end());
  }
  CHECK(tar.size() == named.size());  // each picture once, and no others
}

TEST_CASE("statements about scenes: as many true as false, two pictures that are there") {
  const TempFolder folder;
  const std::string out = folder / "nlvr";
  make_task({.task = "nlvr", .from = "scenes", .out = out, .count = 200});
  const TarFile tar(out + "/images.tar");
  std::set<std::string> named;
  for (const std::string& name : kSceneLists) {
    const Json list = Json::read(out + "/" + name);
    CHECK(list.items().size() == (name == "train.json" ? 200 : 1000));
    int truths = 0;
    for (const Json& row : list.items()) {
      const std::vector<std::string> pictures = pictures_of(row);
      REQUIRE(pictures.size() == 2);
      for (const std::string& picture : pictures) {
        REQUIRE(tar.contains(picture));
        named.insert(picture);
      }
      truths += row.at("label").text() == "True";
      REQUIRE((row.at("label").text() == "True" || row.at("label").text() == "False"));
    }
    CHECK(2 * static_cast<size_t>(truths) == list.items().size());
  }
  CHECK(tar.size() == named.size());
}

TEST_CASE("captions of scenes are the demo's own, and training pictures are changed as there") {
  const TempFolder folder;
  const std::string out = folder / "captions";
  make_task({.task = "captions", .from = "scenes", .out = out, .count = 20});
  const TrainConfig config = load_config("scenes");
  const TarFile tar(out + "/images.tar");
  for (const char* split : kSceneSplits) {
    const Json list = Json::read(str(out, "/", split, ".json"));
    const auto data = open_scenes(picturebook(), split, 20, 48, 1, config.jitter);
    for (int64_t i = 0; i < 20; ++i) {
      const Json& row = list.items().at(static_cast<size_t>(i));
      CHECK(row.at("caption").text() == data->row(i).text);
      const std::string name = row.at("image").text();
      CHECK(same_image(decode_image(tar.read(name), name), *data->picture(i)));
    }
  }
}

TEST_CASE("the same options make the same bytes, another seed others") {
  const TempFolder folder;
  auto make = [&](const char* name, int64_t seed) {
    make_task(
        {.task = "captions", .from = "scenes", .out = folder / name, .count = 50, .seed = seed});
    return all_bytes(folder / name);
  };
  const std::string first = make("a", 1);
  CHECK(first == make("b", 1));
  CHECK(first != make("c", 2));
}

TEST_CASE("questions about picturebook have the answers of its lists") {
  const TempFolder folder;
  const std::string out = folder / "vqa";
  const auto lists = make_task({.task = "vqa", .from = "picturebook", .out = out});
  REQUIRE(lists.size() == 5);
  const TarFile tar(out + "/images.tar"), source(picturebook() + "/images.tar");
  for (const ListSummary& list : lists) {
    CHECK(list.share < 0.2);
    std::map<std::string, const Json*> rows;
    const Json own = Json::read(out + "/" + list.list);
    const Json original = Json::read(picturebook() + "/" + list.list);
    for (const Json& row : original.items()) rows[row.at("image").text()] = &row;
    int tones = 0;
    for (const Json& row : own.items()) {
      const Json& from = *rows.at(row.at("image").text());
      const std::string caption = from.at("caption").text();
      const std::string answer = row.at("answer").items().at(0).text();
      CAPTURE(caption, row.dump());
      if (row.at("question").text() == "what is the skin tone?") {
        ++tones;
        REQUIRE(caption.find(" " + answer + " skin tone") != std::string::npos);
      } else if (row.at("question").text() == "who is this?") {
        REQUIRE((" " + caption + " ").find(answer) != std::string::npos);
      } else {
        std::string group = models::clean_caption(from.at("group").text());
        if (const size_t at = group.find('&'); at != group.npos) group.replace(at, 1, "and");
        REQUIRE(answer == group);
        REQUIRE(caption.find("skin tone") == std::string::npos);
      }
    }
    CHECK(tones > 80);
  }
  CHECK(tar.read("noto/1f600.png") == source.read("noto/1f600.png"));
}

TEST_CASE("classes of picturebook are the groups of its lists") {
  const TempFolder folder;
  const std::string out = folder / "classes";
  const auto lists = make_task({.task = "classify", .from = "picturebook", .out = out});
  CHECK(lists.size() == 4);  // all of test_combination has a skin tone
  CHECK(lists[0].answers == 9);
  CHECK(read_bytes(out + "/classes.txt").starts_with("activities\nanimals and nature\nflags\n"));
  const Json list = Json::read(out + "/train.json");
  CHECK(static_cast<int64_t>(list.items().size()) == lists[0].rows);
  CHECK(list.items()[0].at("caption").text() == "smileys and emotion");
}

TEST_CASE("a folder of a task appears whole or not at all") {
  const TempFolder folder;
  const std::string out = folder / "x";
  const MakeOptions options{.task = "captions", .from = "scenes", .out = out, .count = 5};
  set_file_hook([](const char* operation, const std::string& path) {
    return operation == std::string("write") && path.find("test_pair") != path.npos ? ENOSPC : 0;
  });
  CHECK_THROWS_AS(make_task(options), IoError);
  set_file_hook({});
  CHECK(list_folder(folder.path()).empty());
  make_task(options);
  const std::string before = all_bytes(out);
  CHECK(message_of<IoError>([&] { make_task(options); }).find("is there already") !=
        std::string::npos);
  CHECK(all_bytes(out) == before);
}

TEST_CASE("medley data make says what it made, and what it can make") {
  const TempFolder folder;
  const std::string out = folder / "x";
  const Words words = {"data", "make", "captions", "--from", "scenes", "--count", "5", "--out"};
  const Result made = run(with(words, {out}));
  CHECK(made.code == 0);
  CHECK(made.out.find("test_pair.json") != std::string::npos);
  CHECK(read_bytes(out + "/README.md").find("--from scenes --count 5") != std::string::npos);
  const Result again = run(with(words, {out}));
  CHECK(again.code == 5);
  const Result json = run(with(words, {folder / "y", "--json"}));
  CHECK(Json::parse(json.out, "stdout").at("lists").items().size() == 5);

  auto refusal = [&](const Words& more) {
    const Result result = run(with({"data", "make"}, with(more, {"--out", folder / "z"})));
    CHECK(result.code == 2);
    return result.err;
  };
  CHECK(refusal({"nlvr", "--from", "picturebook"}).find("classify --from picturebook") !=
        std::string::npos);
  CHECK(refusal({"vqa", "--from", "picturebook", "--seed", "2"}).find("used whole") !=
        std::string::npos);
  CHECK(refusal({"vqa", "--from", "scenes", "--count", "1"}).find("2 or more") !=
        std::string::npos);
}

}  // namespace
}  // namespace medley::train
