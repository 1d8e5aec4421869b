// Configurations: presets, files, mistakes, --set.
#include "train/config/config.h"

#include "core/error.h"
#include "core/str.h"
#include "tests/catch.h"
#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

TEST_CASE(
    "config: every preset loads, is valid and prints as a configuration that gives the same") {
  std::vector<std::string> names = config_preset_names();
  CHECK(names.size() == 17);
  for (const std::string& name : names) {
    INFO(name);
    TrainConfig config = load_config(name);
    CHECK_NOTHROW(validate(config));
    TrainConfig again = parse_config(print_config(config), "printed");
    CHECK(compare_configs(config, again).empty());
    CHECK(again.preset == name);
  }
}

TEST_CASE("config: every key is printed and changes something") {
  TrainConfig config = load_config("tiny");
  std::string text = print_config(config);
  for (const ConfigKey& key : config_keys(config)) {
    INFO(key.table << "." << key.key);
    CHECK(text.find("\n" + key.key + " = ") != std::string::npos);
    TrainConfig other = config;
    std::string value = std::holds_alternative<bool*>(key.value) ? "" : "77";
    if (std::holds_alternative<std::string*>(key.value)) value = "\"other\"";
    if (std::holds_alternative<std::vector<std::string>*>(key.value)) value = "[\"other\"]";
    if (auto* flag = std::get_if<bool*>(&key.value)) value = **flag ? "false" : "true";
    set_config(other, key.table + "." + key.key + "=" + value);
    std::vector<ConfigDifference> differences = compare_configs(config, other);
    REQUIRE(differences.size() == 1);
    CHECK(differences[0].key == key.table + "." + key.key);
  }
}

TEST_CASE("config: every number has bounds, and neither infinity nor NaN is in any") {
  const TrainConfig good = load_config("tiny");
  TrainConfig config = good;
  int numbers = 0;
  for (const ConfigKey& key : config_keys(config)) {
    const std::string name = key.table + "." + key.key;
    std::vector<std::string> wrong = {"-1e300", "1e300", "nan", "inf", "-inf"};
    if (std::holds_alternative<int64_t*>(key.value))
      wrong = {"-9223372036854775807", "9223372036854775807"};
    else if (!std::holds_alternative<double*>(key.value))
      continue;
    ++numbers;
    for (const std::string& value : wrong) {
      INFO(name << " = " << value);
      TrainConfig other = good;
      set_config(other, name + "=" + value);
      CHECK_THROWS_WITH(validate(other), Catch::StartsWith(name + " is "));
    }
  }
  CHECK(numbers > 70);
  TrainConfig at_the_end = good;
  set_config(at_the_end, "train.threads=257");
  CHECK_THROWS_WITH(validate(at_the_end), "train.threads is 257 but must be 0 to 256");
  set_config(at_the_end, "train.threads=256");
  CHECK_NOTHROW(validate(at_the_end));
  set_config(at_the_end, "train.beta1=1.0");
  CHECK_THROWS_WITH(validate(at_the_end), Catch::Contains("at least 0 and below 1"));
}

TEST_CASE("config: long keys and texts are refused before they are parsed") {
  std::string dots = "a";
  for (int i = 0; i < 50'000; ++i) dots += ".a";
  CHECK_THROWS_WITH(parse_config("[train]\n" + dots + " = 1\n", "x.toml"),
                    Catch::Contains("x.toml:2: a line of 100005 characters"));
  CHECK_THROWS_AS(parse_config(std::string(2 << 20, '\n'), "x.toml"), ConfigError);
  TrainConfig config = load_config("tiny");
  CHECK_THROWS_AS(set_config(config, "steps={" + dots + "=1}"), ConfigError);
}

TEST_CASE("config: what other tools call a key is understood, and the own name told") {
  const auto said = [](const std::string& toml) {
    try {
      parse_config(toml, "x.toml");
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const auto& [other, own] : {std::pair("learning_rate", "lr"),
                                   {"weight_decay", "decay"},
                                   {"num_epochs", "epochs"},
                                   {"early_stopping_patience", "patience"},
                                   {"epoch", "epochs"}})
    CHECK_THAT(said(str("[train]\n", other, " = 1\n")),
               Catch::Contains(str("did you mean '", own, "'?")));
  CHECK_THAT(said("[train]\noptimizer = \"sgd\"\n"), Catch::Contains("AdamW is the only one"));
  CHECK_THAT(said("[optimizer]\nlr = 1\n"), Catch::Contains("AdamW is the only one"));
  TrainConfig config = load_config("tiny");
  CHECK_THROWS_WITH(set_config(config, "train.learning_rate=1"),
                    Catch::Contains("did you mean 'lr'?"));
  CHECK_THROWS_WITH(set_config(config, "train.lrr=1"), Catch::Contains("did you mean 'train.lr'?"));
}

TEST_CASE("config: no field of the model or the losses lacks a key") {
  // The structs are as large as the fields that have keys, in eight-byte words: a new field needs a
  // line in keys.cpp.
  TrainConfig config;
  size_t model = 0, losses = 0;
  for (const ConfigKey& key : config_keys(config)) {
    const size_t words =
        std::visit([](auto* field) { return (sizeof(*field) + 7) / 8; }, key.value);
    model += key.table == "model" ? words : 0;
    losses += key.table == "losses" ? words : 0;
  }
  CHECK(sizeof(models::ModelConfig) == 8 * model);
  CHECK(sizeof(models::LossConfig) == 8 * losses);
}

TEST_CASE("config: a file changes its preset") {
  TrainConfig config = parse_config(
      "preset = \"tiny\"\n[train]\nlr = 1\nsteps = 7\n[eval]\nsplits = [\"a\", \"b\"]\n", "x.toml");
  CHECK(config.optimizer.lr == 1.0);
  CHECK(config.steps == 7);
  CHECK(config.eval.splits == std::vector<std::string>{"a", "b"});
  CHECK(config.batch_size == load_config("tiny").batch_size);
  TempFolder folder;
  write_bytes(folder / "x.toml", "preset = \"tiny\"\n[train]\nsteps = 9\n");
  CHECK(load_config(folder / "x.toml").steps == 9);
}

TEST_CASE("config: mistakes are named with file, line and the nearest name") {
  struct Case {
    const char *toml, *message;
  };
  for (const Case& c : {
           Case{"[train]\nsteps = 1\nstepz = 2\n",
                "x.toml:3: [train] has no key 'stepz', did you mean 'steps'?"},
           {"[trian]\n", "x.toml:1: there is no table [trian], did you mean 'train'?"},
           {"[train]\nsteps = \"ten\"\n", "x.toml:2: [train] steps must be a whole number"},
           {"[train]\nsteps = 1.5\n", "must be a whole number, not 1.5"},
           {"[train]\nlr = true\n", "x.toml:2: [train] lr must be a number"},
           {"[losses]\nmomentum_warmup = 1\n", "must be true or false"},
           {"[data]\nkind = 3\n", "must be a string"},
           {"[eval]\nsplits = [1]\n", "must be a list of strings"},
           {"[eval]\nsplits = \"val\"\n", "must be a list of strings"},
           {"train = 3\n", "train must be a table"},
           {"preset = 1\n", "preset must be a string"},
           {"preset = \"scene\"\n", "did you mean 'scenes'?"},
           {"[train]\nsteps = 1\nsteps = 2\n", "x.toml:3"},
           {"[train\n", "x.toml:1"},
       }) {
    INFO(c.toml);
    CHECK_THROWS_AS(parse_config(c.toml, "x.toml"), ConfigError);
    CHECK_THROWS_WITH(parse_config(c.toml, "x.toml"), Catch::Contains(c.message));
  }
  CHECK_THROWS_WITH(load_config("sceens"), Catch::Contains("did you mean 'scenes'?"));
  CHECK_THROWS_AS(load_config("none.toml"), IoError);
}

TEST_CASE("config: --set takes whole and short names, and bare words for strings") {
  TrainConfig config = load_config("tiny");
  set_config(config, "steps=12");
  set_config(config, "train.lr=1e-3");
  set_config(config, "schedule=paper");
  set_config(config, "data.path=/a/b c");
  CHECK(config.steps == 12);
  CHECK(config.optimizer.lr == 1e-3);
  CHECK(config.optimizer.schedule == "paper");
  CHECK(config.data.path == "/a/b c");
  CHECK_THROWS_WITH(set_config(config, "stepz=1"), Catch::Contains("did you mean 'steps'?"));
  CHECK_THROWS_WITH(set_config(config, "kind=none"), Catch::Contains("data.kind or augment.kind"));
  CHECK_THROWS_WITH(set_config(config, "steps"), Catch::Contains("KEY=VALUE"));
  CHECK_THROWS_WITH(set_config(config, "steps=many"), Catch::Contains("whole number"));
}

TEST_CASE("config: values out of range are named") {
  for (const char* set :
       {"train.batch_size=1", "train.steps=0", "train.lr=0", "train.schedule=cosin",
        "data.kind=tar", "train.threads=-1", "augment.kind=affin", "augment.blur=2",
        "model.image_size=25", "losses.alpha=2"}) {
    INFO(set);
    TrainConfig config = load_config("tiny");
    set_config(config, set);
    std::string key = std::string(set).substr(0, std::string(set).find('='));
    CHECK_THROWS_AS(validate(config), ConfigError);
    CHECK_THROWS_WITH(validate(config), Catch::Contains(key.substr(key.find('.') + 1)));
  }
  TrainConfig captions = load_config("tiny");  // have no negatives
  set_config(captions, "train.objective=caption");
  set_config(captions, "train.batch_size=1");
  CHECK_NOTHROW(validate(captions));
  TrainConfig config = load_config("tiny");
  set_config(config, "precision=f64");
  validate(config);
  set_config(config, "eval_every=5");
  CHECK_THROWS_AS(validate(config), ConfigError);
  CHECK_THROWS_WITH(validate(config), Catch::Contains("train.precision is f64 but must be f32"));
}

}  // namespace
}  // namespace medley::train
