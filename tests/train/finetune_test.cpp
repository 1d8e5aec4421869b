// Fine-tuning: what is taken of a trained model, what stays frozen, when it ends, and that a
// stopped run goes on bit for bit, whatever is trained.
#include "core/error.h"
#include "core/log.h"
#include "core/threads.h"
#include "models/weights/safetensors.h"
#include "models/weights/weight_files.h"
#include "tests/train/data_support.h"
#include "tests/train/tiny_run.h"
#include "train/data/tasks/make.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {
namespace {

// A model of some steps of pre-training, and small data of every task.
struct World {
  TempFolder folder;
  std::string model = folder / "model";

  World() {
    set_log_level(LogLevel::error);
    Trainer::start(tiny_config(), model).train();
    for (const char* task : {"vqa", "nlvr"})
      make_task({.task = task, .from = "scenes", .out = folder / task, .count = 60});
  }
};
const World& world() {
  static const World all;
  return all;
}

Origin origin() {
  const ModelSource source = find_model(world().model);
  return {source.source, source.hf.model, source.tokenizer};
}

TrainConfig config_of(const std::string& objective) {
  TrainConfig config = tiny_finetuning(objective, origin().model, world().folder, 6);
  config.model.dropout = 0.1;
  config.log_every = 2;
  config.checkpoint_every = 2;
  return config;
}

std::string weights(const std::string& run, const TrainConfig& config) {
  return read_bytes(checkpoint_path(run + "/checkpoints", config.steps) + "/model.safetensors");
}

std::vector<float> tensor_of(const std::string& checkpoint, const std::string& name) {
  models::WeightFiles files(checkpoint);
  for (const models::WeightEntry& entry : files.entries())
    if (entry.name == name) return files.read(entry).to_vector<float>();
  throw ValueError("no '" + name + "' in " + checkpoint);
}

std::vector<float> values(const FlatArena& arena, const std::string& name, int64_t rows = 0) {
  const Tensor tensor = arena.at(name).detach();
  return (rows > 0 ? tensor.slice(0, 0, rows) : tensor).contiguous().to_vector<float>();
}

TEST_CASE("finetune: every objective stops and goes on bit for bit, with any number of threads") {
  const std::string objective = GENERATE("caption", "retrieval", "vqa", "nlvr");
  const bool adapted = GENERATE(false, true);
  CAPTURE(objective, adapted);
  TempFolder folder;
  TrainConfig config = config_of(objective);
  if (adapted) config.finetune.lora_rank = 2;
  const Origin from = origin();
  Trainer::start(config, folder / "whole", &from).train();
  {
    Trainer trainer = Trainer::start(config, folder / "parts", &from);
    trainer.hooks.stop = [](int64_t done) { return done == 3; };
    trainer.train();
  }
  config.threads = 2;
  TrainOutcome outcome = Trainer::resume(config, folder / "parts").train();
  set_thread_count(1);
  CHECK(outcome.step == 6);
  CHECK(weights(folder / "parts", config) == weights(folder / "whole", config));
  CHECK(timeless_lines(folder / "parts") == timeless_lines(folder / "whole"));
}

TEST_CASE("finetune: what the origin has is taken, what it lacks is said") {
  TempFolder folder;
  const Origin from = origin();
  const auto start = [&](const std::string& objective) {
    return Trainer::start(config_of(objective), folder / objective, &from);
  };
  const auto said = [](Trainer& trainer) {
    std::string all;
    for (const std::string& line : trainer.state().taken.lines) all += line + "\n";
    return all;
  };
  Trainer captioner = start("caption");
  CHECK(said(captioner).find("new") == std::string::npos);
  const std::string value = "text_encoder.encoder.layer.1.crossattention.self.value.weight";
  CHECK(values(captioner.state().objective->weights().weights, value) ==
        tensor_of(from.weights, value));

  Trainer reasoner = start("nlvr");
  CHECK(said(reasoner).find("new (drawn): text_encoder.encoder.layer.*.crossattention.output."
                            "merge_layer, cls_head.*") != std::string::npos);
  const FlatArena& two = reasoner.state().objective->weights().weights;
  const std::string at = "text_encoder.encoder.layer.0.crossattention.";
  for (const char* side : {"self0", "self1"})
    CHECK(values(two, at + side + ".query.weight") ==
          tensor_of(from.weights, at + "self.query.weight"));

  Trainer answerer = start("vqa");
  CHECK(said(answerer).find("further rows are new") != std::string::npos);  // new words
  const int64_t known = from.tokenizer.size();
  CHECK(answerer.state().tokenizer.size() > known);
  const FlatArena& vqa = answerer.state().objective->weights().weights;
  const std::string words = "embeddings.word_embeddings.weight";
  for (const char* tower : {"text_encoder.", "text_decoder.bert."})
    CHECK(values(vqa, tower + words, known) == tensor_of(from.weights, "text_encoder." + words));
}

TEST_CASE("finetune: frozen weights stay, others move") {
  TempFolder folder;
  TrainConfig config = config_of("caption");
  config.finetune.freeze = "vision";
  const Origin from = origin();
  Trainer::start(config, folder / "run", &from).train();
  const std::string last = checkpoint_path(folder / "run/checkpoints", config.steps);
  const std::string image = "visual_encoder.blocks.0.attn.qkv.weight",
                    text = "text_decoder.bert.encoder.layer.0.attention.self.query.weight";
  CHECK(tensor_of(last, image) == tensor_of(from.weights, image));
  CHECK(tensor_of(last, text) != tensor_of(from.weights, text));
  config.finetune.freeze = "eyes";
  CHECK(message_of<ConfigError>([&] {
          Trainer::start(config, folder / "other", &from);
        }).find("all-but-heads") != std::string::npos);
  TrainConfig reasoning = config_of("nlvr");  // its merging layers are new
  reasoning.finetune.freeze = "all-but-heads";
  CHECK(message_of<ConfigError>([&] {
          Trainer::start(reasoning, folder / "third", &from);
        }).find("merge_layer") != std::string::npos);
}

TEST_CASE("finetune: epochs, steps and patience end a run, more steps go on with it") {
  TempFolder folder;
  TrainConfig config = config_of("caption");
  config.steps = 0;
  config.epochs = 0.5;  // of 12 batches
  config.data.scenes = 48;
  const Origin from = origin();
  {
    Trainer trainer = Trainer::start(config, folder / "run", &from);
    CHECK(trainer.last_step() == 6);
    CHECK(trainer.train().step == 6);
  }
  config.steps = 4;
  CHECK(Trainer::start(config, folder / "fewer", &from).last_step() == 4);
  config.steps = 8;
  config.epochs = 0;
  CHECK(Trainer::resume(config, folder / "run").train().step == 8);

  config.steps = 40;
  config.patience = 2;
  config.eval_every = 2;
  config.eval.splits = {"val"};
  config.eval.scenes = 8;
  config.optimizer.lr = 1e-12;  // no evaluation is better than the first
  Trainer trainer = Trainer::start(config, folder / "patient", &from);
  const TrainOutcome outcome = trainer.train();
  CHECK(outcome.end == TrainOutcome::no_better);
  CHECK(outcome.best.step == 2);
  CHECK(outcome.step == 6);
  CHECK(find_checkpoint(folder / "patient") == checkpoint_path(folder / "patient/best", 2));
  config.metric = "captions.cidre";
  CHECK(message_of<ConfigError>([&] {
          Trainer::start(config, folder / "metric", &from);
        }).find("did you mean 'captions.cider'") != std::string::npos);
}

TEST_CASE("finetune: another width is refused with both, another picture size is not") {
  TempFolder folder;
  const Origin from = origin();
  TrainConfig config = config_of("caption");
  config.model.vit_width = 48;
  const std::string message =
      message_of<ConfigError>([&] { Trainer::start(config, folder / "wide", &from); });
  CHECK(message.find("model.vit_width is 48") != std::string::npos);
  CHECK(message.find("has 24") != std::string::npos);
  config.model.vit_width = 24;
  config.model.image_size = 32;
  Trainer trainer = Trainer::start(config, folder / "large", &from);
  CHECK(trainer.state().taken.lines.at(1).find("resized") != std::string::npos);
  CHECK(trainer.train().step == 6);
}

TEST_CASE("finetune: data of another task is refused with both") {
  TempFolder folder;
  const Origin from = origin();
  TrainConfig config = config_of("caption");
  config.data = config_of("vqa").data;
  const std::string message =
      message_of<ConfigError>([&] { Trainer::start(config, folder / "kind", &from); });
  CHECK(message.find("questions with answers") != std::string::npos);
  CHECK(message.find("caption needs pictures with captions") != std::string::npos);
}

TEST_CASE("finetune: a captioner with a prompt says what follows it") {
  TempFolder folder;
  TrainConfig config = config_of("caption");
  config.prompt = "a ";
  const Origin from = origin();
  Trainer::start(config, folder / "run", &from).train();
  const Pipeline blip = Pipeline::open(folder / "run");
  const Image white{24, 24, std::vector<uint8_t>(24 * 24 * 3, 255)};
  const std::string rest = blip.caption(white).text;
  CHECK(blip.caption(white, {.max_length = 0}, "a").text == "a" + (rest.empty() ? "" : " " + rest));
}

TEST_CASE("finetune: a Hugging Face folder of any class is where every objective may start") {
  TempFolder folder;
  const std::string name = GENERATE("caption", "retrieval", "vqa", "contrastive");
  const std::string objective = GENERATE("caption", "retrieval", "vqa", "nlvr");
  CAPTURE(name, objective);
  const ModelSource source =
      find_model(MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/" + name);
  const Origin from{source.source, source.hf.model, source.tokenizer};
  TrainConfig config = load_config("small_" + objective, &from.model);
  const TrainConfig scenes = config_of(objective);
  config.data = scenes.data;
  config.eval.splits.clear();
  config.threads = 1;
  config.steps = 1;
  config.batch_size = 2;
  config.model.max_tokens = std::min<int64_t>(12, from.model.max_positions);
  config.model.max_positions = from.model.max_positions;
  config.finetune.new_words = 0;
  Trainer trainer = Trainer::start(config, folder / "run", &from);
  CHECK(trainer.state().taken.lines.at(0).starts_with("loaded "));
  CHECK(trainer.train().step == 1);
}

}  // namespace
}  // namespace medley::train
