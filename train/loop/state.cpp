// Training state to checkpoint files and back.
#include "train/loop/state.h"

#include <filesystem>

#include "core/cuda/device.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "kernels/cpu/isa.h"
#include "models/objectives/make.h"
#include "train/checkpoint/parameters.h"
#include "train/data/example.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

constexpr int64_t kFormat = 1;
constexpr double kMost = 1e15;  // of what is counted in state.json

models::ModelConfig sized(const TrainConfig& config, const models::Tokenizer& tokenizer) {
  models::ModelConfig model = config.model;
  model.vocab_size = tokenizer.size();
  return model;
}

DType compute_type(const TrainConfig& config, Device device) {
  if (config.precision == "f32" || device.kind == Device::Meta) return DType::f32;
  if (config.precision == "f64") {
    if (device.kind == Device::Cpu) return DType::f64;
    throw ConfigError("train.precision is 'f64' but a GPU computes in f32 and bf16",
                      "train on the CPU (--device cpu), or leave precision at f32");
  }
  if (device.kind == Device::Cpu)
    throw ConfigError("train.precision is 'bf16' but the CPU computes in f32",
                      "train on a GPU (--device cuda), or leave precision at f32");
  return DType::bf16;
}

std::string instruction_set() { return std::string(kernels::cpu::name_of(kernels::cpu::isa())); }

models::SpecialTokens special_tokens(const models::Tokenizer& tokenizer) {
  return {tokenizer.sep(), tokenizer.dec(), tokenizer.enc()};
}

void check_config(const TrainConfig& own, const TrainConfig& saved, const std::string& checkpoint) {
  std::string keys;
  for (const ConfigDifference& d : compare_configs(saved, own))
    if (!d.may_change) keys += str("\n  ", d.key, " is ", d.second, " but was ", d.first);
  if (!keys.empty())
    throw CheckpointError(checkpoint + " was written with another configuration:" + keys,
                          "resume with the configuration of the run, or start a new one");
}

}  // namespace

TrainingState::TrainingState(const TrainConfig& new_config, const models::Tokenizer& new_tokenizer,
                             const Origin* origin)
    : config(new_config),
      tokenizer(new_tokenizer),
      objective(new_objective(config, tokenizer, cuda::choose_device(config.device))),
      taken(origin ? start_from(*objective, *origin) : Taken()),
      optimizers(*objective, config),
      sums(step_figures(*objective)) {
  for (const std::string& name : taken.new_names)
    if (!optimizers.is_trained(name))
      throw ConfigError(
          str("'", name, "' is new, but [finetune] would leave it as it was drawn"),
          "start from a model that has it, or train more: finetune.freeze, lora_rank");
}

std::vector<CheckpointFile> TrainingState::checkpoint_files() {
  Json state = Json::object();
  state.set("format", kFormat)
      .set("step", step)
      .set("prepared", objective->prepared())
      .set("optimizer_steps", optimizers.steps())
      .set("bad_steps", bad_steps)
      .set("seconds", seconds)
      .set("sums", sums.state())
      .set("data", data)
      .set("instruction_set", instruction_set())
      .set("config", print_config(config));
  const models::ObjectiveState own = objective->state();
  for (const auto& counter : own.counters) state.set(counter.name, *counter.value);
  std::vector<CheckpointFile> files = {
      {"model.safetensors", parameter_tensors(objective->weights().weights), {}},
      {"vocab.txt", {}, tokenizer.text()},
      {"state.json", {}, state.dump(1) + "\n"}};
  for (CheckpointFile& file : optimizers.files()) files.push_back(std::move(file));
  for (const auto& [name, arena] : own.arenas)
    files.push_back({name + ".safetensors", parameter_tensors(*arena), {}});
  for (const auto& [name, tensors] : own.tensors)
    files.push_back({name + ".safetensors", tensors, {}});
  return files;
}

void TrainingState::restore(const std::string& checkpoint) {
  check_config(config, checkpoint_config(checkpoint), checkpoint);
  restore_weights(objective->weights(), checkpoint);
  const models::ObjectiveState own = objective->state();
  for (const auto& [name, arena] : own.arenas) {
    models::SafetensorsFile file(checkpoint + "/" + name + ".safetensors");
    read_parameters(file, *arena);
  }
  for (const auto& [name, tensors] : own.tensors) {
    models::SafetensorsFile file(checkpoint + "/" + name + ".safetensors");
    for (const models::NamedTensor& named : tensors) file.read_into(named.name, named.tensor);
  }
  const std::string path = checkpoint + "/state.json";
  const Json state = Json::read(path);
  const auto number = [&](const std::string& key, double least = 0, double most = kMost) {
    const double value = state.at(key).number();
    if (!(value >= least && value <= most))
      throw CheckpointError(
          str(path, ": ", key, " is ", value, " but must be ", least, " to ", most));
    return value;
  };
  const auto count = [&](const std::string& key, double least = 0) {
    return static_cast<int64_t>(number(key, least));
  };
  step = count("step");
  optimizers.restore(checkpoint, count("optimizer_steps"));
  for (const auto& counter : own.counters)
    *counter.value =
        static_cast<int64_t>(number(counter.name, 0, static_cast<double>(counter.most)));
  bad_steps = count("bad_steps");
  seconds = number("seconds");
  sums.restore(state.at("sums"));
  if (state.find("prepared")) objective->set_prepared(count("prepared", -1));
  if (const Json* saved = state.find("data")) data = *saved;
  const Json* saved = state.find("instruction_set");
  if (saved && saved->text() != instruction_set())
    warn(str("the checkpoint was written with ", saved->text(), ", and this CPU goes on with ",
             instruction_set(), ": the last bits of sums differ from now on",
             "\n  hint: MEDLEY_ISA=", saved->text(),
             " where the CPU has it (docs/determinism.md)"));
}

std::unique_ptr<models::Objective> new_objective(const TrainConfig& config,
                                                 const models::Tokenizer& tokenizer,
                                                 Device device) {
  return models::make_objective(config.objective, {.model = sized(config, tokenizer),
                                                   .losses = config.losses,
                                                   .given = given_tokens(tokenizer, config.prompt),
                                                   .tokens = special_tokens(tokenizer),
                                                   .dtype = compute_type(config, device),
                                                   .device = device,
                                                   .seed = static_cast<uint64_t>(config.seed)});
}

void restore_weights(const autograd::ParameterStore& store, const std::string& checkpoint) {
  models::SafetensorsFile file(checkpoint + "/model.safetensors");
  read_parameters(file, store.weights);
  store.refresh();
}

std::vector<CheckpointFile> weight_files(const FlatArena& weights, const TrainConfig& config,
                                         const models::Tokenizer& tokenizer) {
  const Json state = Json::object().set("format", kFormat).set("config", print_config(config));
  return {{"model.safetensors", parameter_tensors(weights), {}},
          {"vocab.txt", {}, tokenizer.text()},
          {"state.json", {}, state.dump(1) + "\n"}};
}

TrainConfig checkpoint_config(const std::string& checkpoint) {
  std::string path = checkpoint + "/state.json";
  Json state = Json::read(path);
  if (int64_t format = state.at("format").integer(); format != kFormat)
    throw CheckpointError(str(path, " has format ", format, " but this program reads ", kFormat));
  TrainConfig config = parse_config(state.at("config").text(), path);
  // <run>/checkpoints/step-000100
  make_paths_absolute(config, std::filesystem::absolute(checkpoint)
                                  .lexically_normal()
                                  .parent_path()
                                  .parent_path()
                                  .string());
  return config;
}

}  // namespace medley::train
