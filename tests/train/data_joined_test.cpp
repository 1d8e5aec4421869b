// Data of several parts: a::b.
#include <set>

#include "tests/train/form_files.h"
#include "train/data/bad_pictures.h"
#include "train/data/hold_out.h"
#include "train/data/joined.h"
#include "train/data/order.h"

namespace medley::train {
namespace {

std::string pair_of(int i) {
  return tar_member(str("k", i, ".png"), grey_png(i)) + tar_member(str("k", i, ".txt"), str(i));
}

// Shards of rows 0-4, 5-9 and 10-12; two lists with folders of their own, of rows 13-22 and 23-24:
// row i has the text "i", and picture i's grey is i.
FormFiles parts() {
  FormFiles files;
  int row = 0;
  for (const auto& [name, rows] : {std::pair{"web-0", 5}, {"web-1", 5}, {"more", 3}}) {
    std::string tar;
    for (int end = row + rows; row < end; ++row) tar += pair_of(row);
    files.file(str(name, ".tar"), tar + tar_end());
  }
  std::string lists[] = {"image,caption\n", "image,caption\n"};
  for (; row < 25; ++row) {
    const bool second = row >= 23;
    files.picture(str(second ? "b/pictures/" : "a/", "p.", second ? row - 23 : row - 13, ".png"),
                  row);
    lists[second] += str("p.", second ? row - 23 : row - 13, ".png,", row, "\n");
  }
  files.file("a/list.csv", lists[0]).file("lists/list.csv", lists[1]);
  return files;
}

OpenedData open_all(const FormFiles& files) {
  return open_data(str(files / "web-{0..1}.tar", "::", files / "more.tar",
                       "::", files / "a/list.csv", "::", files / "lists/list.csv"),
                   {.images = str("::::::", files / "b/pictures")});
}

TEST_CASE("joined: rows and pictures of all parts, numbered through") {
  const FormFiles files = parts();
  const OpenedData all = open_all(files);
  CHECK(all.summary() ==
        "WebDataset shards + CSV + CSV: 13 captions of 13 pictures in 3 shards + 10 captions of 10 "
        "pictures + 2 captions of 2 pictures");
  REQUIRE(all.data->size() == 25);
  REQUIRE(all.data->pictures() == 25);
  for (const int64_t i : {24, 0, 13, 22, 12, 23}) {
    CHECK(all.data->row(i).text == str(i));
    CHECK(all.data->row(i).pictures == std::vector<int64_t>{i});
    CHECK(grey_of(*all.data, i) == i);
    CHECK(all.data->picture_bytes(i).size() > 20);
  }
  CHECK(all.data->picture_name(23) == "p.0.png");
  CHECK_THROWS_AS(all.data->row(25), ValueError);
  CHECK_THROWS_AS(all.data->picture(-1), ValueError);
  // Lists in parts no longer than the longest shard.
  CHECK(all.data->shards() == std::vector<int64_t>{5, 5, 3, 5, 5, 2});
  CHECK(BadPictures(*all.data, default_max_bad(*all.data)).get(24).row.text == "24");
}

TEST_CASE("joined: shards are one data set, lists are mixed as one list") {
  const FormFiles files = parts();
  const OpenedData shards = open_data(files / "more.tar::" + files / "web-{0..1}.tar");
  CHECK(shards.summary() == "WebDataset shards: 13 captions of 13 pictures in 3 shards");
  CHECK(shards.data->row(0).text == "10");
  CHECK(shards.data->shards() == std::vector<int64_t>{3, 5, 5});

  const std::string both = str(files / "a/list.csv", "::", files / "lists/list.csv");
  const OpenedData lists = open_data(both, {.images = str("::", files / "b")});
  CHECK(lists.data->shards() == std::vector<int64_t>{12});
  CHECK(lists.data->row(11).text == "24");
  CHECK(lists.images.empty());  // they are in two places
  CHECK(open_data(both, {.images = files / "a", .keep_missing = true}).images == files / "a");
}

TEST_CASE("joined: a part is held out of each") {
  const FormFiles files = parts();
  const HeldOut sides = hold_out(open_all(files).data, {0.2, 0}, 1);
  std::set<std::string> texts;
  for (const Dataset* side : {sides.training.get(), sides.held_out.get()})
    for (int64_t i = 0; i < side->size(); ++i) {
      const Row row = side->row(i);
      CHECK(texts.insert(row.text).second);
      CHECK(str(grey_of(*side, row.pictures.at(0))) == row.text);
    }
  CHECK(texts.size() == 25);
  CHECK(sides.held_out->size() == 5);
  CHECK(sides.held_out->shards().size() > 1);
}

TEST_CASE("joined: what does not fit together is refused") {
  const FormFiles files = parts();
  const std::string list = files / "a/list.csv";
  CHECK(contains_all(
      message_of<ConfigError>([&] { open_data(list + "::" + list, {.images = "a::b::c"}); }),
      {"2 parts", "pictures 3", "a::b::c", "one for each part"}));
  files.file("a/questions.csv", "image,question,answer\np.1.png,what?,this\n");
  CHECK(contains_all(
      message_of<DataError>([&] { open_data(list + "::" + files / "a/questions.csv"); }),
      {"captions", "questions"}));
  CHECK_THAT(message_of<Error>([&] { open_data(list + "::" + files / "gone.json"); }),
             Catch::Contains("gone.json"));
  CHECK(message_of<Error>([&] { open_data(list + "::"); }) != "");
  CHECK(absolute_data("a/../b.tar::/c", "/x") == "/x/b.tar::/c");
  CHECK(absolute_data("") == "");
}

TEST_CASE("bad pictures: a bad row is told apart from a picture") {
  const FormFiles files;
  // Row 1 cannot be read; picture 1 is that of row 0 of the shards.
  files.file("list.csv", "image,caption\ngood.png,x\n").picture("good.png", 1);
  files.file("bad-0.tar",
             tar_member("a.png", "no picture") + tar_member("a.txt", "x") + pair_of(7) + tar_end());
  files.file("bad-1.tar",
             tar_member("b.png", grey_png(1)) + tar_member("b.txt", " . ") + tar_end());
  const OpenedData data = open_data(files / "list.csv::" + files / "bad-{0..1}.tar");
  BadPictures rows(*data.data, 2);
  CHECK(rows.get(1).row.text == "7");
  CHECK(rows.get(3).row.text == "x");
  const auto found = rows.found();
  REQUIRE(found.size() == 2);
  CHECK_THAT(found.at(1), Catch::Contains("'a' of"));
  CHECK_THAT(found.at(-4), Catch::Contains("no words"));
}

}  // namespace
}  // namespace medley::train
