// The forms of medley caption, on a Hugging Face folder.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/json.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/temp_folder.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

const std::string kModels = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/";

}  // namespace

TEST_CASE("cli: captions as lines of JSON, as CSV and as files beside the pictures") {
  TempFolder temp;
  fs::create_directories(temp / "photos/more, and more");
  for (const auto& [from, to] :
       {std::pair("0.png", "photos/a.png"), {"1.png", "photos/more, and more/b.png"}})
    fs::copy(kModels + "caption/images/" + from, temp / to);
  const std::string model = kModels + "caption", photos = temp / "photos";
  const Json plain = Json::parse(run({"caption", model, photos, "--recursive", "--json"}).out, "");
  REQUIRE(plain.items().size() == 2);
  const auto text = [&](size_t i) {
    return plain.items()[i].items().at(0).at("generated_text").text();
  };

  const Result lines = run({"caption", model, photos, "--recursive", "--format", "jsonl"});
  const size_t end = lines.out.find('\n');
  const Json first = Json::parse(lines.out.substr(0, end), "line");
  const Json second = Json::parse(lines.out.substr(end + 1), "line");
  CHECK(first.at("file_name").text() == "a.png");
  CHECK(first.at("text").text() == text(0));
  CHECK(second.at("file_name").text() == "more, and more/b.png");
  CHECK((first.at("probability").number() > 0 && first.at("probability").number() <= 1));
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 2);

  const Result csv = run({"caption", model, photos, "--recursive", "--format", "csv"});
  CHECK_THAT(csv.out, Catch::StartsWith("file_name,text,probability\na.png,"));
  CHECK_THAT(csv.out, Catch::Contains("\n\"more, and more/b.png\","));

  const Result flat = run({"caption", model, photos});
  CHECK(std::count(flat.out.begin(), flat.out.end(), '\n') == 1);  // not the folder in it
  CHECK_THAT(flat.out, Catch::Contains("a.png: " + text(0) + "   (probability 0."));

  CHECK(run({"caption", model, photos, "--recursive", "--format", "txt"}).code == 0);
  CHECK(read_bytes(temp / "photos/a.txt") == text(0) + "\n");
  CHECK(read_bytes(temp / "photos/more, and more/b.txt") == text(1) + "\n");
  const Result again = run({"caption", model, photos, "--format", "txt"});
  CHECK(again.code == 5);
  CHECK_THAT(again.err, Catch::Contains("a.txt is there already"));
  fs::copy(temp / "photos/a.png", temp / "photos/twin.png");
  fs::copy(temp / "photos/a.png", temp / "photos/twin.webp");
  fs::remove(temp / "photos/a.txt");
  CHECK_THAT(run({"caption", model, photos, "--format", "txt"}).err,
             Catch::Contains("twin.txt would be written for two pictures"));
  CHECK(!fs::exists(temp / "photos/a.txt"));  // found before anything is written
  CHECK(run({"caption", model, photos, "--format", "coco", "--json"}).code == 2);
  CHECK(run({"caption", model, photos, "--format", "xml"}).code == 2);
}

TEST_CASE("cli: the probability of a caption is the mean of its tokens', whatever the penalty") {
  const std::string model = kModels + "caption", picture = model + "/images/1.png";
  const auto first = [&](const Words& more) {
    const Result r = run(with({"caption", model, picture, "--json"}, more));
    return Json::parse(r.out, "stdout").items().at(0);
  };
  const Json greedy = first({});
  CHECK(greedy.at("probability").number() == Approx(std::exp(greedy.at("score").number())));
  const Json other = first({"--length-penalty", "2"});
  CHECK(other.at("score").number() != greedy.at("score").number());
  CHECK(other.at("probability").number() == Approx(greedy.at("probability").number()));
}

TEST_CASE("cli: --attention draws a strip of each picture") {
  TempFolder temp;
  const std::string model = kModels + "caption";
  const Result r = run({"caption", model, model + "/images/1.png", "--attention", temp / "looks"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto entry = *fs::directory_iterator(temp / "looks");
  CHECK_THAT(entry.path().filename().string(), Catch::EndsWith("1.png.attention.png"));
  const Image strip = read_image(entry.path().string());
  const size_t begin = r.out.find(": ") + 2;
  const std::string said = r.out.substr(begin, r.out.find("   (") - begin);
  const auto words =
      std::count_if(said.begin(), said.end(), [](char c) { return c == ' ' || c == ','; }) + 1;
  CHECK(strip.width == 8 + (words + 1) * 168);
}

}  // namespace medley::train
