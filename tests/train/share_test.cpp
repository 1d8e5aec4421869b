// Runs of models whose encoder and decoder share more or less (model.share): saved, resumed, gone
// on from with another sharing, fine-tuned, and written for other programs.
#include "core/log.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"
#include "tests/train/sizes.h"
#include "tests/train/tiny_run.h"
#include "train/data/tasks/make.h"
#include "train/pipeline/load_model.h"

namespace medley::train {
namespace {

TrainConfig config_of(const std::string& share) {
  TrainConfig config = tiny_config();
  config.model.share = share;
  config.model.dropout = 0.1;
  config.steps = 4;
  config.checkpoint_every = 2;
  config.eval.splits.clear();
  return config;
}

// A pre-trained model of each sharing, and small data of two tasks.
struct World {
  TempFolder folder;
  World() {
    set_log_level(LogLevel::error);
    for (const char* share : {"all", "all_but_cross_attention", "all_but_self_attention", "none"})
      Trainer::start(config_of(share), folder / share).train();
    for (const char* task : {"vqa", "nlvr"})
      make_task({.task = task, .from = "scenes", .out = folder / task, .count = 20});
  }
};
const World& world() {
  static const World all;
  return all;
}
std::string model(const std::string& share) { return world().folder / share; }

Origin origin(const std::string& share) {
  const ModelSource source = find_model(model(share));
  return {source.source, source.hf.model, source.tokenizer};
}

std::vector<float> values(const FlatArena& arena, const std::string& name) {
  return arena.at(name).detach().contiguous().to_vector<float>();
}

const std::string kPicture =
    MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/caption/images/0.png";

std::string said_by(const Words& words) {
  const Result r = run(words);
  INFO(r.err);
  CHECK(r.code == 0);
  return r.out;
}

}  // namespace

TEST_CASE("share: a stopped run goes on bit for bit, and only with its own sharing") {
  const std::string share = GENERATE("all", "all_but_cross_attention", "none");
  CAPTURE(share);
  TempFolder folder;
  TrainConfig config = config_of(share);
  {
    Trainer trainer = Trainer::start(config, folder / "parts");
    trainer.hooks.stop = [](int64_t done) { return done == 3; };
    trainer.train();
  }
  TrainConfig other = config;
  other.model.share = "all_but_self_attention";
  CHECK_THROWS_WITH(
      Trainer::resume(other, folder / "parts"),
      Catch::Contains("model.share is \"all_but_self_attention\" but was \"" + share));
  Trainer::resume(config, folder / "parts").train();
  CHECK(final_bytes(folder / "parts", config) == final_bytes(model(share), config));
  CHECK(timeless_lines(folder / "parts") == timeless_lines(model(share)));
}

TEST_CASE("share: a run goes on from any other sharing, each part from the origin's like") {
  const std::string from = GENERATE("all", "all_but_cross_attention", "all_but_self_attention",
                                    "none"),
                    to = GENERATE("all", "all_but_cross_attention", "all_but_self_attention",
                                  "none");
  CAPTURE(from, to);
  TempFolder folder;
  const Origin origin = medley::train::origin(from);
  Trainer trainer = Trainer::start(config_of(to), folder / "run", &origin);
  for (const std::string& line : trainer.state().taken.lines)
    CHECK_THAT(line, !Catch::Contains("new (drawn)"));
  const LoadedModel before = load_model(model(from));
  const FlatArena &old = before.weights(), &now = trainer.state().objective->weights().weights;
  const std::string encoder = "text_encoder.", decoder = "text_decoder.bert.";
  const std::string self = "encoder.layer.1.attention.self.query.weight",
                    cross = "encoder.layer.1.crossattention.self.key.weight",
                    ffn = "encoder.layer.0.intermediate.dense.weight",
                    words = "embeddings.word_embeddings.weight";
  for (const std::string& part : {self, cross, ffn, words}) {
    INFO(part);
    CHECK(values(now, encoder + part) == values(old, encoder + part));
    // The decoder's own part is the origin's decoder's, which may be its encoder's.
    const bool own = now.at(decoder + part).raw() != now.at(encoder + part).raw();
    CHECK(values(now, decoder + part) == values(old, (own ? decoder : encoder) + part));
  }
  CHECK(trainer.train().step == 4);
}

TEST_CASE("share: every task starts from every sharing") {
  const std::string share =
      GENERATE("all", "all_but_cross_attention", "all_but_self_attention", "none");
  const std::string objective = GENERATE("caption", "retrieval", "vqa", "nlvr");
  CAPTURE(share, objective);
  TempFolder folder;
  const Origin from = origin(share);
  const TrainConfig config = tiny_finetuning(objective, from.model, world().folder, 2);
  CHECK(config.model.share == share);
  Trainer trainer = Trainer::start(config, folder / "run", &from);
  CHECK(trainer.train().step == 2);
  CHECK(load_model(folder / "run").weights().flat().size(0) ==
        trainer.state().objective->weights().weights.flat().size(0));
}

TEST_CASE("share: folders for transformers and files of weights say and judge the same") {
  const std::string share =
      GENERATE("all", "all_but_cross_attention", "all_but_self_attention", "none");
  CAPTURE(share);
  TempFolder temp;
  const std::string path = model(share);
  const auto captions = [](const std::string& of, const Words& more = {}) {
    return said_by(with({"caption", of, kPicture, "--max-tokens", "12", "--beams", "2"}, more));
  };
  const auto scores = [](const std::string& of, const Words& more = {}) {
    return said_by(with({"match", of, kPicture, "--text", "a cat", "--first-token", "enc"}, more));
  };
  for (const char* kind : {"caption", "retrieval", "safetensors"})
    said_by({"convert", path, temp / kind, "--to", kind});
  CHECK(captions(temp / "caption") == captions(path));
  CHECK(scores(temp / "retrieval") == scores(path));

  const ModelSource source = find_model(path);
  const std::string vocabulary = source.source + "/vocab.txt";
  const auto sizes = [&](const std::string& other) {
    models::ModelConfig model = source.config.model;
    model.share = other;
    return Words{"--vocab", vocabulary, "--config", write_sizes(temp / (other + ".toml"), model)};
  };
  CHECK(captions(temp / "safetensors", sizes(share)) == captions(path));
  CHECK(scores(temp / "safetensors", sizes(share)) == scores(path));
  const Result wrong = run(
      with({"caption", temp / "safetensors", kPicture}, sizes(share == "none" ? "all" : "none")));
  CHECK(wrong.code == 3);
  CHECK_THAT(wrong.err, Catch::Contains(share == "none" ? "model.share" : "missing"));
}

}  // namespace medley::train
