// Parts of a data set, and pictures that do not decode.
#include <set>

#include "core/philox.h"
#include "core/threads.h"
#include "tests/train/form_files.h"
#include "train/data/bad_pictures.h"
#include "train/data/hold_out.h"

namespace medley::train {
namespace {

// Rows as lists of picture numbers; picture p is grey p, or bad.
class ListedPictures : public Dataset {
 public:
  ListedPictures(std::vector<std::vector<int64_t>> rows, int64_t pictures,
                 std::vector<int64_t> shards = {})
      : rows_(std::move(rows)), pictures_(pictures), shards_(std::move(shards)) {}
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  int64_t pictures() const override { return pictures_; }
  Row row(int64_t index) const override {
    Row row;
    row.text = str("row ", index);
    row.pictures = rows_.at(static_cast<size_t>(index));
    return row;
  }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    if (bad.count(number)) throw DataError(str("picture ", number, " is damaged"));
    const auto grey = static_cast<uint8_t>(number);
    return std::make_shared<const Image>(Image{1, 1, {grey, grey, grey}});
  }
  std::string picture_name(int64_t number) const override { return str("p", number); }
  std::vector<int64_t> shards() const override {
    return shards_.empty() ? Dataset::shards() : shards_;
  }
  std::set<int64_t> bad;

 private:
  std::vector<std::vector<int64_t>> rows_;
  int64_t pictures_;
  std::vector<int64_t> shards_;
};

// `rows` rows, three for each picture.
std::shared_ptr<const ListedPictures> threes(int64_t pictures) {
  std::vector<std::vector<int64_t>> rows;
  for (int64_t i = 0; i < 3 * pictures; ++i) rows.push_back({i % pictures});
  return std::make_shared<const ListedPictures>(rows, pictures);
}

std::set<std::string> texts(const Dataset& data) {
  std::set<std::string> texts;
  for (int64_t i = 0; i < data.size(); ++i) texts.insert(data.row(i).text);
  return texts;
}

// Names of the pictures that rows show.
std::set<std::string> shown(const Dataset& data) {
  std::set<std::string> names;
  for (int64_t i = 0; i < data.size(); ++i)
    for (const int64_t picture : data.row(i).pictures) names.insert(data.picture_name(picture));
  return names;
}

TEST_CASE("hold out: a part is a percentage or a number, anything else a path") {
  CHECK(parse_part("5%")->fraction == 0.05);
  CHECK(parse_part("0.5%")->fraction == 0.005);
  CHECK(parse_part("500")->count == 500);
  for (const char* path : {"val.json", "", "%", "5%x", "x5", "5 %", "500.json", "-"})
    CHECK_FALSE(parse_part(path).has_value());
  for (const char* wrong : {"0%", "100%", "0", "-5", "1.5", "250%"})
    CHECK_THROWS_AS(parse_part(wrong), ConfigError);
}

TEST_CASE("hold out: rows of a picture stay together, every row is on one side") {
  const auto data = threes(40);
  const HeldOut parts = hold_out(data, {.fraction = 0.1}, 1);
  CHECK(parts.held_out->pictures() == 4);
  CHECK(parts.held_out->size() == 12);
  CHECK(parts.training->pictures() == 36);
  CHECK(parts.training->size() == 108);
  std::set<std::string> all = texts(*parts.training), held = shown(*parts.held_out);
  all.merge(texts(*parts.held_out));
  CHECK(all.size() == 120);
  for (const std::string& name : shown(*parts.training)) CHECK(held.count(name) == 0);
  const Row row = parts.held_out->row(5);
  CHECK(row.pictures[0] < 4);
  CHECK(str("p", grey_of(*parts.held_out, row.pictures[0])) ==
        parts.held_out->picture_name(row.pictures[0]));

  CHECK(shown(*hold_out(data, {.fraction = 0.1}, 1).held_out) == held);
  CHECK(shown(*hold_out(data, {.fraction = 0.1}, 2).held_out) != held);
  CHECK(hold_out(data, {.count = 7}, 1).held_out->pictures() == 7);
  CHECK(hold_out(data, {.fraction = 0.001}, 1).held_out->pictures() == 1);
  CHECK_THROWS_AS(hold_out(data, {.count = 40}, 1), ConfigError);
}

TEST_CASE("hold out: rows about two pictures hang together") {
  // 0-1-2 are connected, 3-4 too; 5 has no neighbour.
  const auto data = std::make_shared<const ListedPictures>(
      std::vector<std::vector<int64_t>>{{0, 1}, {3, 4}, {1, 2}, {5, 5}, {4, 3}}, 6);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const HeldOut parts = hold_out(data, {.count = 2}, seed);
    const std::set<std::string> held = shown(*parts.held_out);
    const bool pair = held == std::set<std::string>{"p3", "p4"};
    CHECK((pair || held == std::set<std::string>{"p5"}));
    CHECK(parts.training->size() + parts.held_out->size() == 5);
  }
  const auto one = std::make_shared<const ListedPictures>(
      std::vector<std::vector<int64_t>>{{0, 1}, {1, 2}, {2, 3}}, 4);
  CHECK(contains_all(message_of<ConfigError>([&] { hold_out(one, {.count = 2}, 1); }),
                     {"4 pictures", "connect"}));
}

TEST_CASE("hold out: of shards a run of each is held out") {
  std::vector<std::vector<int64_t>> rows;
  for (int64_t i = 0; i < 100; ++i) rows.push_back({i});
  const auto data =
      std::make_shared<const ListedPictures>(rows, 100, std::vector<int64_t>{30, 30, 0, 40});
  const HeldOut parts = hold_out(data, {.count = 10}, 3);
  CHECK(parts.held_out->shards() == std::vector<int64_t>{3, 3, 0, 4});
  CHECK(parts.training->shards() == std::vector<int64_t>{27, 27, 0, 36});
  std::set<std::string> all = texts(*parts.training);
  CHECK(all.size() == 90);
  all.merge(texts(*parts.held_out));
  CHECK(all.size() == 100);
  for (const Dataset* side : {parts.training.get(), parts.held_out.get()})
    for (int64_t i = 0; i < side->size(); ++i) {
      CHECK(side->row(i).pictures == std::vector<int64_t>{i});
      CHECK(side->row(i).text == str("row ", grey_of(*side, i)));
    }
  CHECK_THROWS_AS(parts.held_out->row(10), ValueError);
}

TEST_CASE("bad pictures: the next good row stands in, up to a limit") {
  ListedPictures data({{0}, {1}, {2}, {3}, {1}, {2}}, 4);
  data.bad = {1, 3};
  BadPictures rows(data, 2);
  CHECK(rows.get(0).index == 0);
  const DecodedRow second = rows.get(1);
  CHECK(second.index == 2);
  CHECK(second.row.text == "row 2");
  CHECK(second.picture(2).rgb[0] == 2);
  CHECK_THROWS_AS(second.picture(1), ValueError);
  CHECK(rows.get(3).index == 5);
  CHECK(rows.get(3).pictures.size() == 1);
  CHECK(rows.get(4).index == 5);
  CHECK(rows.found().size() == 2);
  CHECK(rows.found().at(3).find("picture 3 is damaged") != std::string::npos);

  BadPictures one(data, 0.25);
  one.get(1);
  const std::string message = message_of<DataError>([&] { one.get(3); });
  CHECK(contains_all(message, {"2 pictures do not decode", "allows 1 of 4", "picture 3"}));
  CHECK(message_of<DataError>([&] { one.get(3); }) == message);

  BadPictures none(data, 0);
  for (int i = 0; i < 2; ++i)
    CHECK(message_of<DataError>([&] { none.get(1); }) == "picture 1 is damaged");
  data.bad = {0, 1, 2, 3};
  BadPictures all(data, 100);
  CHECK(contains_all(message_of<DataError>([&] { all.get(2); }), {"no picture"}));
  CHECK_THROWS_AS(BadPictures(data, -1), ConfigError);
}

TEST_CASE("bad pictures: a video is none") {
  const ListedPictures data({{0}, {1, 2, 3}}, 4);
  CHECK(contains_all(message_of<DataError>([&] { BadPictures(data, 0).get(1); }),
                     {"row 1", "3 pictures and not 1", "frames of a video"}));
  BadPictures rows(data, 1);
  CHECK(rows.get(1).index == 0);
  CHECK(rows.found().count(-2) == 1);
}

TEST_CASE("bad pictures: threads count each once") {
  std::vector<std::vector<int64_t>> list;
  for (int64_t i = 0; i < 200; ++i) list.push_back({i});
  ListedPictures data(list, 200);
  for (int64_t i = 0; i < 200; i += 10) data.bad.insert(i);
  BadPictures rows(data, 0.1);
  parallel_for(1000, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) rows.get(i % 200);
  });
  CHECK(rows.found().size() == 20);
}

}  // namespace
}  // namespace medley::train
