// CapFilt: labels that do not depend on who made them, what is kept of them, and how they are
// judged.
#include "train/capfilt/capfilt.h"

#include <csignal>
#include <set>
#include <thread>

#include "tests/train/data_support.h"
#include "tests/train/label_files.h"
#include "tests/train/program.h"
#include "train/capfilt/claims.h"
#include "train/data/tasks/make.h"
#include "train/data/tasks/web_noise.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

// 60 pairs of the simulated web as a list, and as 6 shards.
const FormFiles& small_web() {
  static const FormFiles files = [] {
    FormFiles made;
    make_task({.task = "web", .from = "scenes", .out = made / "web", .count = 60});
    const Result r = run({"data", "convert", made / "web/web.json", made / "shards", "--to",
                          "shards", "--rows-per-shard", "10"});
    INFO(r.err);
    REQUIRE(r.code == 0);
    return made;
  }();
  return files;
}

LabelOptions on_shards(const std::string& out) {
  LabelOptions options;
  options.data = small_web() / "shards";
  options.captioner = options.filter = "demo";
  options.out = out;
  return options;
}

std::string all_labels(const std::string& folder) {
  std::string bytes;
  for (const std::string& name : list_folder(folder + "/labels"))
    if (name.ends_with(".jsonl")) bytes += read_bytes(folder + "/labels/" + name);
  return bytes;
}

Words label_command(const std::string& out) {
  return {"capfilt",     "label", "--data",   small_web() / "shards",
          "--captioner", "demo",  "--filter", "demo",
          "--out",       out,     "--share"};
}

TEST_CASE("web: two fifths of the texts are wrong, each as its label says") {
  const std::vector<std::string> uploaders = {"made with sodipodi", "my logo"};
  std::map<WebKind, int> counts;
  constexpr int kTexts = 4000;
  for (uint64_t i = 0; i < kTexts; ++i) {
    const ScenePlan plan = plan_scene(SceneSplit::train, 1, i);
    const auto [text, kind] = web_caption(plan, uploaders, 1, i);
    ++counts[kind];
    REQUIRE((text == plan.caption()) == (kind == WebKind::right));
    if (kind == WebKind::swapped) {
      ScenePlan back = plan;
      std::swap(back.drawings[0], back.drawings[1]);
      REQUIRE(text == back.caption());
    }
    if (kind == WebKind::web_text) REQUIRE((text == uploaders[0] || text == uploaders[1]));
    if (kind == WebKind::other_name) {  // as many words, one of them another
      const std::string right = plan.caption();
      REQUIRE(std::count(text.begin(), text.end(), ' ') ==
              std::count(right.begin(), right.end(), ' '));
    }
  }
  CHECK(counts[WebKind::right] == Approx(0.6 * kTexts).epsilon(0.05));
  for (const WebKind kind : {WebKind::other_scene, WebKind::web_text})
    CHECK(counts[kind] == Approx(0.1 * kTexts).epsilon(0.15));
  // A fifth of the scenes shows one thing, which has nothing to swap.
  CHECK(counts[WebKind::swapped] == Approx(0.08 * kTexts).epsilon(0.15));
  CHECK(counts[WebKind::other_name] == Approx(0.12 * kTexts).epsilon(0.15));
}

TEST_CASE("capfilt: labels depend on nothing but data, models and options") {
  const TempFolder folder;
  LabelOptions options = on_shards(folder / "once");
  const LabelOutcome outcome = label(options);
  CHECK(outcome.units == 6);
  CHECK(outcome.done == 6);
  CHECK(outcome.pictures == 60);
  CHECK(outcome.failed == 0);
  const std::string labels = all_labels(options.out);
  CHECK(std::count(labels.begin(), labels.end(), '\n') == 60);

  options.out = folder / "one by one";
  options.batch = 1;
  label(options);
  CHECK(all_labels(options.out) == labels);

  // Units that are gone are made again, and only they.
  for (const char* unit : {"000001", "000005"})
    remove_path(options.out + "/labels/" + unit + ".jsonl");
  options.batch = 7;
  CHECK(label(options).done == 2);
  CHECK(all_labels(options.out) == labels);

  options.generate.seed = 1;
  CHECK(contains_all(message_of<ConfigError>([&] { label(options); }),
                     {"generate.seed is 0 but 1", "another folder"}));
  options.out = folder / "other seed";
  label(options);
  CHECK(all_labels(options.out) != labels);

  // The same pictures from a list.
  LabelOptions list = on_shards(folder / "list");
  list.data = small_web() / "web/web.json";
  CHECK(label(list).units == 1);
  std::set<std::string> texts, texts_of_list;
  for (auto& [path, all] : {std::pair{folder / "once", &texts}, {list.out, &texts_of_list}})
    LabelFolder::open(path).each([&, all = all](const LabelledPicture& picture) {
      for (const LabelledText& text : picture.texts)
        all->insert(str(text.source, text.text, text.probability));
    });
  CHECK(texts == texts_of_list);
}

TEST_CASE("capfilt: processes that share a folder, and die") {
  const TempFolder folder;
  LabelOptions options = on_shards(folder / "alone");
  label(options);
  const std::string out = folder / "shared";
  std::vector<pid_t> children;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 2; ++i)
      children.push_back(start(label_command(out), folder / "out", folder / str("err", i)));
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + 70 * round));
    for (const pid_t child : children) {
      kill(child, SIGKILL);
      wait_for(child);
    }
    children.clear();
    // The claims of the dead, which nobody would take over for ten minutes.
    for (const std::string& name : list_folder(out + "/labels"))
      if (name.ends_with(".claim")) remove_path(out + "/labels/" + name);
  }
  for (int i = 0; i < 2; ++i)
    children.push_back(start(label_command(out), folder / "out", folder / str("err", i)));
  for (int i = 0; i < 2; ++i) {
    INFO(read_bytes(folder / str("err", i)));
    CHECK(wait_for(children[static_cast<size_t>(i)]) == 0);
  }
  CHECK(all_labels(out) == all_labels(options.out));

  // Who has the folder for itself removes what the dead left.
  write_bytes(out + "/labels/host-1.part", "{");
  write_bytes(out + "/labels/3.claim", "host-1");
  options.out = out;
  CHECK(label(options).done == 0);
  for (const std::string& name : list_folder(out + "/labels"))
    CHECK((name == "lock" || name.ends_with(".jsonl")));
}

TEST_CASE("claims: one process has the folder, or all share it, and the dead lose theirs") {
  const TempFolder folder;
  {
    Claims alone(folder.path(), false);
    CHECK(alone.take("1"));
    CHECK(contains_all(message_of<IoError>([&] { Claims(folder.path(), true); }), {"--share"}));
  }
  Claims first(folder.path(), true), second(folder.path(), true);
  CHECK(first.take("1"));
  CHECK_FALSE(second.take("1"));
  CHECK(second.take("2"));
  CHECK(message_of<IoError>([&] { Claims(folder.path(), false); }) != "");
  first.release();
  CHECK(second.take("1"));
  Claims third(folder.path(), true, -1);  // for which every claim is stale
  CHECK(third.take("1"));
}

TEST_CASE("capfilt: what is kept, by a threshold or a part of all") {
  const FormFiles files;
  write_labels(files, {{0.9, 0.2}, {0.5, 0.7}, {0.1, 0.95}, {0.3, 0.4}});
  SelectOptions options{.folder = files / "labels"};
  Selection selection = select(options);
  CHECK(selection.sources["web"].kept == 1);  // above 0.5, not at it
  CHECK(selection.sources["synthetic"].kept == 2);
  const Json kept = Json::read(files / "labels/bootstrapped.json");
  REQUIRE(kept.items().size() == 3);
  CHECK(kept.items()[0].at("image").text() == "p0");
  CHECK(kept.items()[0].at("caption").text() == "web 0");
  CHECK(kept.items()[0].at("source").text() == "web");
  CHECK(kept.items()[0].at("probability").number() == 0.9);
  CHECK(Json::read(files / "labels/dropped.json").items().size() == 5);

  options.keep = 0.5;
  selection = select(options);
  CHECK(selection.sources["web"].kept + selection.sources["synthetic"].kept == 4);
  CHECK(selection.threshold == Approx(0.5).margin(1e-5));
  options.synthetic = false;  // F without C
  selection = select(options);
  CHECK(selection.sources["web"].kept == 2);
  CHECK(selection.sources["synthetic"].kept == 0);

  options = {.folder = files / "labels"};
  options.threshold = 0.99;
  CHECK(contains_all(message_of<DataError>([&] { select(options); }),
                     {"every text", "is dropped", "--threshold"}));
  options.threshold = 1.5;
  CHECK(contains_all(message_of<ConfigError>([&] { select(options); }), {"1.5", "0 to 1"}));
  options = {.folder = files / "labels", .keep = 0};
  CHECK_THROWS_AS(select(options), ConfigError);

  files.picture("person.png", 3).file("human.csv", "image,caption\nperson.png,a person\n");
  options = {.folder = files / "labels", .human = files / "human.csv"};
  CHECK(select(options).sources.at("human").kept == 1);
  CHECK_THAT(read_bytes(files / "labels/bootstrapped.json"),
             Catch::Contains(R"("image":"person.png","caption":"a person","source":"human")"));
  remove_path(files / "labels/labels/000000.jsonl");
  CHECK(contains_all(message_of<DataError>([&] { select(options); }), {"not finished", "1 of 1"}));
}

TEST_CASE("capfilt: the judge counts and ranks") {
  const FormFiles files;
  write_labels(files, {{0.9, 0.2}, {0.5, 0.7}, {0.6, 0.95}, {0.3, 0.4}, {0.5, 0.8}, {0.7, 0.1}});
  files.file(
      "labels.json",
      R"({"p0": "right", "p1": "right", "p2": "swapped", "p3": "web_text", "p4": "swapped"})");
  files.file("truth.json",
             R"([{"image": "p0", "caption": "web 0"}, {"image": "p1", "caption": "Right  1!"},
                 {"image": "p2", "caption": "nothing"}])");
  JudgeOptions options{files / "labels", files / "labels.json", files / "truth.json", 0.5};
  const Json result = judge(options);
  const Json& filter = result.at("filter");
  CHECK(filter.at("texts").integer() == 5);
  CHECK(filter.at("right").integer() == 2);
  // 0.9 beats all three wrong ones; 0.5 loses against 0.6, beats 0.3 and equals 0.5.
  CHECK(filter.at("auc").number() == Approx((3 + 0 + 1 + 0.5) / 6));
  CHECK(filter.at("kinds").at("swapped").at("auc").number() == Approx((2 + 0.5) / 4));
  CHECK(filter.at("kinds").at("swapped").at("kept").integer() == 1);
  CHECK(filter.at("kinds").at("right").find("auc") == nullptr);
  CHECK(filter.at("precision").number() == 0.5);
  CHECK(filter.at("recall").number() == 0.5);
  CHECK(result.at("captioner").at("texts").integer() == 3);
  CHECK(result.at("captioner").at("exact").number() == Approx(1.0 / 3));
  CHECK(result.at("captioner").at("exact_of_kept").number() == Approx(1.0 / 2));
  CHECK(result.at("pictures").at("true_before").number() == Approx(1.0 / 3));
  CHECK(result.at("pictures").at("true_after").number() == Approx(2.0 / 3));

  files.file("labels.json", R"({"p0": "right"})");
  CHECK(contains_all(message_of<DataError>([&] { judge(options); }), {"1 right and 0 wrong"}));
}

TEST_CASE("cli: capfilt from the web to a list that training takes") {
  const TempFolder folder;
  const std::string web = small_web() / "web", labels = folder / "labels";
  Result r = run({"capfilt", "label", "--data", web + "/web.json", "--captioner", "demo",
                  "--filter", "demo", "--out", labels, "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(Json::parse(r.out, "stdout").at("pictures").integer() == 60);
  r = run({"capfilt", "judge", labels, "--labels", web + "/web_labels.json", "--truth",
           web + "/web_truth.json", "--json"});
  const Json judged = Json::parse(r.out, "stdout");
  CHECK(judged.at("filter").at("auc").number() > 0.99);
  CHECK(judged.at("captioner").at("exact").number() > 0.9);
  CHECK(judged.at("pictures").at("true_after").number() >
        judged.at("pictures").at("true_before").number());
  r = run({"capfilt", "select", labels, "--human", web + "/clean.json"});
  INFO(r.err);
  CHECK(r.code == 0);
  CHECK(contains_all(r.out, {"synthetic", "human", "bootstrapped.json", "report.html"}));
  const std::string page = read_bytes(labels + "/report.html");
  CHECK(contains_all(page, {"data:image/png;base64,", "class=\"kept\"", "class=\"dropped\"",
                            "different 2-grams", "<svg"}));
  CHECK(page.find("http") == page.npos);
  r = run({"data", "check", labels + "/bootstrapped.json", "--images", web + "/images.tar"});
  INFO(r.out);
  CHECK(r.code == 0);
  CHECK(run({"capfilt", "label", "--data", web + "/web.json", "--captioner", "demo", "--filter",
             "demo", "--out", web})
            .code == 5);
}

TEST_CASE("cli: capfilt run goes the whole way, and goes on") {
  const TempFolder folder;
  const std::string out = folder / "run";
  const Words command = {"capfilt", "run",    "--count", "60",    "--steps", "3",     "--epochs",
                         "0.05",    "--keep", "0.5",     "--out", out,       "--json"};
  Result r = run(command);
  INFO(r.err);
  REQUIRE(r.code == 0);
  const Json result = Json::parse(r.out, "stdout");
  for (const char* stage : {"noisy", "bootstrapped"})
    for (const char* split : {"test_seen", "test_pair", "test_drawing"})
      CHECK(result.at("eval").at(stage).at(split).find("captions") != nullptr);
  const Json& sources = result.at("selection").at("sources");
  CHECK(sources.at("human").at("kept").integer() == 2000);
  CHECK(sources.at("web").at("texts").integer() == 60);
  CHECK(sources.at("synthetic").at("texts").integer() == 60);
  CHECK_THAT(r.err, Catch::Contains("60 captions of 60 pictures + 2,000 captions"));

  r = run(with(command, {"--seed", "2"}));
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains("seed is null but 2 is asked for"));

  // What is gone is made again, the rest stays.
  const std::string before = read_bytes(out + "/labels/bootstrapped.json");
  remove_path(out + "/bootstrapped");
  remove_path(out + "/labels/labels/000000.jsonl");
  r = run(command);
  INFO(r.err);
  CHECK(r.code == 0);
  CHECK(r.err.find("captioner: done before") != r.err.npos);
  CHECK(read_bytes(out + "/labels/bootstrapped.json") == before);
  CHECK(Json::parse(r.out, "stdout").at("eval").dump() == result.at("eval").dump());
  CHECK(run({"capfilt", "run", "--web", "web.json", "--out", folder / "other"}).code == 2);
  write_bytes(folder / "one.json", R"([{"image": "clean/000000.png", "caption": "a cat"}])");
  r = run({"capfilt", "run", "--web", out + "/web/web.json", "--clean", folder / "one.json",
           "--images", out + "/web/images.tar", "--out", folder / "other"});
  CHECK(r.code == 3);
  CHECK_THAT(r.err, Catch::Contains("has 1 pair"));

  // A web in shards, and clean pairs that are elsewhere: what is kept becomes shards, too.
  r = run({"capfilt", "run", "--config", "tiny", "--web", small_web() / "shards", "--clean",
           out + "/web/val.json", "--steps", "3", "--epochs", "0.05", "--keep", "0.5", "--out",
           folder / "elsewhere", "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const Json elsewhere = Json::parse(r.out, "stdout");
  int64_t kept = 0;
  for (const auto& [name, counts] : elsewhere.at("selection").at("sources").members())
    kept += counts.at("kept").integer();
  const OpenedData pairs = open_data(elsewhere.at("data").text());
  CHECK(pairs.form == "WebDataset shards");
  CHECK(pairs.data->size() == kept);
}

}  // namespace
}  // namespace medley::train
