// CapFilt over shards: what select writes, and that it is trained on.
#include <cerrno>
#include <filesystem>

#include "core/log.h"
#include "tests/train/label_files.h"
#include "tests/train/tiny_run.h"
#include "train/capfilt/capfilt.h"
#include "train/data/tar.h"

namespace medley::train {
namespace {

// Two shards of the web with 6 pictures of grey 0 to 5, labelled; pairs of people elsewhere.
FormFiles labelled_shards() {
  FormFiles files;
  for (int shard = 0; shard < 2; ++shard) {
    std::string tar;
    for (int i = 3 * shard; i < 3 * shard + 3; ++i)
      tar += tar_member(str("w", i, ".png"), grey_png(i)) +
             tar_member(str("w", i, ".txt"), str("web ", i));
    files.file(str("web-", shard, ".tar"), tar + tar_end());
  }
  write_labels(files, "web-{0..1}.tar",
               {{0.9, 0.2}, {0.5, 0.7}, {0.6, 0.95}, {0.1, 0.4}, {0.3, 0.1}, {0.7, 0.8}});
  files.picture("people/a.png", 100).picture("people/b.png", 101);
  files.file("people/pairs.json", R"([{"image": "a.png", "caption": "one", "references": ["two"]},
                                      {"image": "b.png", "caption": "three", "image_id": 8}])");
  return files;
}

SelectOptions options_for(const FormFiles& files) {
  return {.folder = files / "labels",
          .human = files / "people/pairs.json",
          .shards = files / "made",
          .rows_per_shard = 4};
}

std::string all_bytes(const std::string& folder) {
  std::string bytes;
  for (const std::string& name : list_folder(folder))
    bytes += name + read_bytes(folder + "/" + name);
  return bytes;
}

TEST_CASE("capfilt: shards of what is kept, with pictures from several places") {
  const FormFiles files = labelled_shards();
  const SelectOptions options = options_for(files);
  const Selection selection = select(options);
  CHECK(selection.sources.at("web").kept == 3);
  CHECK(selection.sources.at("synthetic").kept == 3);
  CHECK(selection.sources.at("human").kept == 3);

  const OpenedData made = files.open("made");
  REQUIRE(made.data->size() == 9);
  CHECK(made.data->shards() == std::vector<int64_t>{4, 2, 3});  // people have their own
  const std::pair<std::string, int> rows[] = {{"web 0", 0},   {"right 1", 1}, {"web 2", 2},
                                              {"right 2", 2}, {"web 5", 5},   {"right 5", 5},
                                              {"one", 100},   {"two", 100},   {"three", 101}};
  for (int64_t i = 0; i < 9; ++i) {
    CHECK(made.data->row(i).text == rows[i].first);
    CHECK(grey_of(*made.data, i) == rows[i].second);
  }
  const TarFile tar(files / "made/shard-00000.tar");
  REQUIRE(tar.members().size() == 8);
  CHECK(tar.members()[2].name == "000000001.png");
  const std::vector<uint8_t> facts = tar.read("000000001.json");
  CHECK(std::string(facts.begin(), facts.end()) ==
        R"({"image":"w1.png","caption":"right 1","source":"synthetic","probability":0.7})");
  CHECK(tar.read("000000001.png") == made.data->picture_bytes(1));
  CHECK(Json::read(files / "made/dropped.json").items().size() == 6);
  const Json said = Json::read(files / "made/selection.json");
  CHECK(said.at("made_from").at("labels").at("filter").text() == "by hand");
  CHECK(said.at("made_from").at("threshold").number() == 0.5);
  CHECK(Selection::parse(said).json().dump() == selection.json().dump());

  // Again: as it is. With other options, or over something else: not at all.
  const std::string bytes = all_bytes(files / "made");
  CHECK(select(options).json().dump() == selection.json().dump());
  SelectOptions other = options;
  other.threshold = 0.6;
  CHECK(
      contains_all(message_of<ConfigError>([&] { select(other); }), {"threshold is 0.5 but 0.6"}));
  other.shards = files / "people";
  CHECK(message_of<Error>([&] { select(other); }) != "");
  CHECK(all_bytes(files / "made") == bytes);
  other.shards = files / "made again/";
  other.threshold = 0.5;
  select(other);
  CHECK(all_bytes(other.shards) == bytes);
}

TEST_CASE("capfilt: one list does not name pictures of several places") {
  const FormFiles files = labelled_shards();
  SelectOptions options = options_for(files);
  options.shards.clear();
  CHECK(contains_all(message_of<ConfigError>([&] { select(options); }),
                     {"web-{0..1}.tar", "in shards", "--shards"}));
  const FormFiles lists;
  write_labels(lists, {{0.9, 0.2}, {0.5, 0.7}});
  options.folder = lists / "labels";
  CHECK(contains_all(message_of<DataError>([&] { select(options); }),
                     {"has no 'a.png'", "--shards", "bootstrapped.json::"}));
  CHECK_FALSE(std::filesystem::exists(lists / "labels/selection.json"));
}

TEST_CASE("capfilt: shards appear whole or not at all") {
  const FormFiles files = labelled_shards();
  const SelectOptions options = options_for(files);
  int writes = 0;
  set_file_hook([&](const std::string& operation, const std::string& path) {
    return operation == "write" && path.ends_with("shard-00001.tar") && ++writes == 3 ? ENOSPC : 0;
  });
  CHECK(contains_all(message_of<IoError>([&] { select(options); }),
                     {"shard-00001.tar", "No space left"}));
  set_file_hook(nullptr);
  for (const std::string& name : list_folder(files / "")) CHECK(name.find("made") == name.npos);
  files.file("made.partial/shard-00009.tar", "of one that was killed");
  select(options);
  CHECK(files.open("made").data->size() == 9);

  // The web is not what was labelled.
  const std::string first = read_bytes(files / "web-0.tar");
  files.file("web-0.tar", read_bytes(files / "web-1.tar"));
  SelectOptions again = options;
  again.shards = files / "again";
  CHECK(contains_all(message_of<DataError>([&] { select(again); }), {"was w0.png", "is w3.png"}));
  files.file("web-0.tar", tar_end());
  CHECK(contains_all(message_of<DataError>([&] { select(again); }), {"has changed since"}));
}

TEST_CASE("capfilt: a model is trained on the shards and a list beside them, exactly on resume") {
  set_log_level(LogLevel::error);
  const FormFiles files = labelled_shards();
  select(options_for(files));
  TrainConfig config = tiny_config();
  config.data.kind = "files";
  config.data.path = files / "made::" + files / "people/pairs.json";
  config.eval.splits.clear();
  config.steps = 7;  // more than two passes over eleven pairs
  Trainer::start(config, files / "whole").train();
  {
    Trainer part = Trainer::start(config, files / "parts");
    part.hooks.stop = [](int64_t done) { return done == 4; };
    CHECK(part.train().step == 4);
  }
  Trainer::resume(config, files / "parts").train();
  CHECK(final_bytes(files / "parts", config) == final_bytes(files / "whole", config));
}

}  // namespace
}  // namespace medley::train
