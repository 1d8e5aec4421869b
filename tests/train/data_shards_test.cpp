// Shards of pictures and captions: what they give, how they are read, what is refused.
#include <filesystem>
#include <set>

#include "tests/train/form_files.h"
#include "train/data/forms/shards.h"
#include "train/data/order.h"

namespace medley::train {
namespace {

std::string pair_of(const std::string& key, int grey, const std::string& text) {
  return tar_member(key + ".png", grey_png(grey)) + tar_member(key + ".txt", text);
}

// `shards` files of `rows` pairs each; row i of the data set has grey i.
FormFiles numbered(int shards, int rows) {
  FormFiles files;
  for (int s = 0; s < shards; ++s) {
    std::string tar;
    for (int r = 0; r < rows; ++r)
      tar += pair_of(str("k", s * rows + r), s * rows + r, str("picture ", s * rows + r));
    files.file(str("pets-0", s, ".tar"), tar + tar_end());
  }
  return files;
}

TEST_CASE("shards: braces are ranges of numbers") {
  CHECK(expand_braces("a.tar") == std::vector<std::string>{"a.tar"});
  CHECK(expand_braces("x/a-{08..11}.tar") ==
        std::vector<std::string>{"x/a-08.tar", "x/a-09.tar", "x/a-10.tar", "x/a-11.tar"});
  CHECK(expand_braces("{1..2}-{0..1}").size() == 4);
  for (const char* wrong : {"a-{1}.tar", "a-{2..1}.tar", "a-{x..y}.tar", "a-{..3}.tar",
                            "a-{0..99999999999999999999}.tar"})
    CHECK(contains_all(message_of<ConfigError>([&] { expand_braces(wrong); }), {wrong, "range"}));
}

TEST_CASE("shards: rows go through all of them") {
  const FormFiles files = numbered(3, 5);
  for (const char* path : {"pets-{00..02}.tar", "."}) {
    const OpenedData opened = files.open(path);
    CHECK(opened.summary() == "WebDataset shards: 15 captions of 15 pictures in 3 shards");
    CHECK(opened.data->shards() == std::vector<int64_t>{5, 5, 5});
    for (const int64_t i : {14, 0, 7}) {
      CHECK(opened.data->row(i).text == str("picture ", i));
      CHECK(opened.data->row(i).pictures == std::vector<int64_t>{i});
      CHECK(grey_of(*opened.data, i) == i);
      CHECK(opened.data->picture_name(i) == str("k", i, ".png"));
    }
    CHECK_THROWS_AS(opened.data->row(15), ValueError);
  }
  CHECK(files.open("pets-01.tar").data->row(0).text == "picture 5");
}

TEST_CASE("shards: a number that a folder skips is told") {
  FormFiles files = numbered(3, 5);
  CHECK(std::filesystem::remove(files / "pets-01.tar"));
  CHECK(files.open(".").summary() ==
        "WebDataset shards: 10 captions of 10 pictures in 2 shards; left out: shards that the "
        "numbers skip (1)");
  files.file("pets-100.tar", read_bytes(files / "pets-00.tar"));  // of another numbering
  files.file("toys-07.tar", read_bytes(files / "pets-00.tar"));
  CHECK_THAT(files.open(".").summary(), Catch::EndsWith("(1)"));
}

TEST_CASE("shards: captions from text and from JSON, one or several") {
  const FormFiles files;
  const std::string picture = grey_png(1);
  files.file("a.tar", tar_member("x/1.jpg", picture) + tar_member("x/1.txt", "from text\n") +
                          tar_member("x/1.json", R"({"caption": "from json"})") +
                          tar_member("2.json", R"({"text": ["one", "two", " . "], "n": 1})") +
                          tar_member("2.webp", picture) + tar_member("2.cls", "7") +
                          tar_member("3.png", picture) + tar_member("4.txt", "lost") + tar_end());
  const OpenedData opened = files.open("a.tar");
  REQUIRE(opened.data->size() == 2);
  CHECK(opened.data->row(0).text == "from text");
  CHECK(opened.data->row(0).id == "x/1");
  CHECK(opened.data->row(1).text == "one");
  CHECK(opened.data->row(1).references == std::vector<std::string>{"two"});
  CHECK(opened.summary() ==
        "WebDataset shards: 2 captions of 2 pictures in 1 shard; left out: keys without a picture "
        "(1), keys without a text (1)");
}

TEST_CASE("shards: what is wrong is refused with the place") {
  FormFiles files = numbered(3, 2);
  std::filesystem::remove(files / "pets-01.tar");
  CHECK(contains_all(files.refusal("pets-{00..02}.tar"), {"pets-01.tar is not there", "3 shards"}));
  files.file("pets-01.tar", "\x1F\x8B\x08 compressed");
  CHECK(contains_all(files.refusal("pets-01.tar"), {"pets-01.tar", "gzip"}));
  files.file("pets-01.tar", "\x1F\x8B\x08" + std::string(2000, 'x'));
  CHECK(contains_all(files.refusal("pets-{00..02}.tar"), {"pets-01.tar", "damaged gzip"}));
  files.file("pets-01.tar", read_bytes(files / "pets-00.tar").substr(0, 1024));
  CHECK(contains_all(files.refusal("pets-{00..02}.tar"), {"pets-01.tar", "byte 1024"}));
  files.file("two.tar", tar_member("a.jpg", grey_png(1)) + tar_member("a.txt", "x") +
                            tar_member("a.png", grey_png(2)) + tar_end());
  CHECK(contains_all(files.refusal("two.tar"), {"two.tar", "'a.jpg' and 'a.png' have one key"}));
  files.file("two.tar", pair_of("a", 1, "x") + pair_of("a", 2, "y") + tar_end());
  CHECK(contains_all(files.refusal("two.tar"), {"'a.png' and 'a.png' have one key"}));
  files.file("none.tar", tar_member("a.png", grey_png(1)) + tar_end());
  CHECK(contains_all(files.refusal("none.tar"), {"none.tar has no rows"}));
  files.file("json.tar", tar_member("a.png", grey_png(1)) +
                             tar_member("a.json", R"({"title": "x", "url": "y"})") + tar_end());
  CHECK(
      contains_all(files.refusal("json.tar"), {"'a' of", "no 'caption' or 'text'", "title, url"}));
  CHECK(files.open("json.tar", {.columns = {.caption = "title"}}).data->row(0).text == "x");
}

TEST_CASE("shards: a bad row is met when it is asked for") {
  FormFiles files;
  files.file("a.tar", pair_of("a", 1, "good") + pair_of("b", 2, " . ") +
                          tar_member("c.png", "no picture") + tar_member("c.txt", "x") + tar_end());
  const auto data = files.open("a.tar").data;
  REQUIRE(data->size() == 3);
  CHECK(contains_all(message_of<DataError>([&] { data->row(1); }), {"'b' of", "no words"}));
  CHECK(contains_all(message_of<DataError>([&] { data->picture(2); }), {"'c' of"}));
}

TEST_CASE("shards: many can be read in any order, a changed one is noticed") {
  const FormFiles files = numbered(20, 2);
  const auto data = files.open("pets-{00..09}.tar").data;  // "pets-010.tar" is another name
  for (int64_t i = 0; i < 60; ++i) CHECK(grey_of(*data, i * 7 % 20) == i * 7 % 20);
  files.file("pets-03.tar", tar_end());
  const auto again = files.open("pets-{00..02}.tar").data;
  files.file("pets-01.tar", tar_end());
  CHECK(contains_all(message_of<DataError>([&] { again->row(2); }), {"pets-01.tar has changed"}));
}

TEST_CASE("order: shards are mixed a few at a time, each row once, whatever step is asked first") {
  const std::vector<int64_t> shards = {5, 9, 7, 1, 8, 6, 4, 10, 3};  // 53 rows
  const BatchOrder order(shards, 4, 1);
  std::vector<int64_t> begins{0};
  for (const int64_t rows : shards) begins.push_back(begins.back() + rows);
  std::vector<std::vector<int64_t>> passes;
  for (int64_t pass = 0; pass < 2; ++pass) {
    std::vector<int64_t> seen;
    for (int64_t step = 0; step < 13; ++step)
      for (const int64_t row : order.samples(pass * 13 + step)) seen.push_back(row);
    CHECK(std::set<int64_t>(seen.begin(), seen.end()).size() == 52);
    CHECK(*std::max_element(seen.begin(), seen.end()) < 53);
    // A window is left before the next one begins.
    std::vector<size_t> shard_of;
    for (const int64_t row : seen)
      shard_of.push_back(static_cast<size_t>(std::upper_bound(begins.begin(), begins.end(), row) -
                                             begins.begin() - 1));
    size_t changes = 0;
    std::set<size_t> window;
    for (const size_t shard : shard_of) {
      window.insert(shard);
      if (window.size() > kShardsTogether) ++changes, window = {shard};
    }
    CHECK(changes == 2);
    passes.push_back(seen);
  }
  CHECK(passes[0] != passes[1]);
  for (const int64_t step : {25, 3, 14, 12}) {
    const std::vector<int64_t>& pass = passes[static_cast<size_t>(step / 13)];
    const auto at = pass.begin() + step % 13 * 4;
    CHECK(BatchOrder(shards, 4, 1).samples(step) == std::vector<int64_t>(at, at + 4));
  }
}

TEST_CASE("order: of one part it is one shuffle, as it always was") {
  const BatchOrder order({30}, 4, 7);
  for (uint64_t pass = 0; pass < 3; ++pass) {
    const Order whole = shuffled_order(30, 7, pass);
    for (int64_t step = 0; step < 7; ++step)
      CHECK(order.samples(static_cast<int64_t>(pass) * 7 + step) ==
            std::vector<int64_t>(whole.begin() + step * 4, whole.begin() + step * 4 + 4));
  }
  CHECK(shuffled_order(6, 1, 0) == Order{4, 0, 3, 5, 2, 1});
}

}  // namespace
}  // namespace medley::train
