// Freezing, rates by depth, low-rank factors: from the configuration to AdamW.
#include "train/loop/optimizers.h"

#include "models/fine_tuning.h"
#include "train/checkpoint/parameters.h"

namespace medley::train {
namespace {

using autograd::AdamW;
using autograd::LowRank;
using autograd::ParameterGroup;

constexpr const char* kTemperature = "temp";

autograd::AdamWOptions adamw_options(const OptimizerConfig& c) {
  return {.lr = c.lr,
          .beta1 = c.beta1,
          .beta2 = c.beta2,
          .eps = c.eps,
          .decay = c.decay,
          .clip = c.gradient_clip};
}

// Heads, and NLVR2's merging layers, which no other model has.
bool is_trained_whole(const std::string& parameter) {
  static const auto is_frozen = models::frozen_by("all-but-heads");
  return !is_frozen(parameter) || parameter.find(".merge_layer.") != std::string::npos;
}

// Freezes what the configuration says.
std::unique_ptr<LowRank> low_rank_of(models::Objective& objective, const TrainConfig& config) {
  const FinetuneConfig& fine = config.finetune;
  autograd::ParameterStore& weights = objective.weights();
  std::function<bool(const std::string&)> is_frozen = [](const std::string&) { return false; };
  if (!fine.freeze.empty()) is_frozen = models::frozen_by(fine.freeze);
  if (fine.lora_rank == 0) {
    if (!fine.freeze.empty()) weights.freeze(is_frozen);
    return nullptr;
  }
  std::vector<std::string> matrices;
  for (const std::string& name : models::adapted_matrices(weights.layout()))
    if (!is_frozen(name)) matrices.push_back(name);
  return std::make_unique<LowRank>(
      weights, matrices,
      autograd::LowRankOptions{.rank = fine.lora_rank,
                               .alpha = fine.lora_alpha,
                               .seed = static_cast<uint64_t>(config.seed)},
      [=](const std::string& name) { return is_trained_whole(name) && !is_frozen(name); });
}

std::vector<ParameterGroup> groups_of(const models::Objective& objective, const LowRank* low_rank,
                                      const TrainConfig& config) {
  std::vector<ParameterGroup> groups;
  if (low_rank) groups.push_back(low_rank->merged());
  const autograd::ParameterStore& weights = objective.weights();
  if (weights.layout().contains(kTemperature) && weights.wants_gradient(kTemperature))
    groups.push_back({.contains = [](const std::string& name) { return name == kTemperature; },
                      .lr_factor = config.optimizer.temperature_lr});
  if (config.finetune.layer_decay < 1)
    for (ParameterGroup& group :
         models::rates_by_depth(weights.layout(), config.finetune.layer_decay))
      groups.push_back(std::move(group));
  return groups;
}

void add(std::vector<models::NamedTensor>& tensors, const std::string& prefix,
         const FlatArena& arena) {
  for (models::NamedTensor named : parameter_tensors(arena)) {
    named.name = prefix + named.name;
    tensors.push_back(std::move(named));
  }
}

std::vector<models::NamedTensor> moments_of(AdamW& optimizer) {
  std::vector<models::NamedTensor> tensors;
  add(tensors, "m.", optimizer.first_moment());
  add(tensors, "v.", optimizer.second_moment());
  return tensors;
}

void restore_moments(AdamW& optimizer, const std::string& file, int64_t steps) {
  models::SafetensorsFile moments(file);
  read_parameters(moments, optimizer.first_moment(), "m.");
  read_parameters(moments, optimizer.second_moment(), "v.");
  optimizer.set_steps(steps);
}

}  // namespace

Optimizers::Optimizers(models::Objective& objective, const TrainConfig& config)
    : objective_(objective),
      low_rank_(low_rank_of(objective, config)),
      weights_(objective.weights(), adamw_options(config.optimizer),
               groups_of(objective, low_rank_.get(), config)) {
  if (low_rank_)
    factors_ = std::make_unique<AdamW>(low_rank_->factors(), adamw_options(config.optimizer));
}

autograd::SquaredNorm Optimizers::step(double lr) {
  if (low_rank_) low_rank_->pull_gradients();
  const autograd::SquaredNorm gradient =
      autograd::squared_norm(objective_.weights().gradients.flat());
  weights_.set_lr(lr);
  weights_.step(gradient);
  if (low_rank_) {
    factors_->set_lr(lr);
    factors_->step(gradient);
    low_rank_->merge();
  }
  return gradient;
}

void Optimizers::take_back() {
  weights_.take_back();
  if (factors_) factors_->take_back();
}

int64_t Optimizers::elements() const {
  return weights_.elements() + (factors_ ? factors_->elements() : 0);
}

bool Optimizers::is_trained(const std::string& parameter) const {
  return objective_.weights().wants_gradient(parameter);
}

std::vector<CheckpointFile> Optimizers::files() {
  std::vector<CheckpointFile> files = {{"optimizer.safetensors", moments_of(weights_), {}}};
  if (!low_rank_) return files;
  std::vector<models::NamedTensor> factors;
  add(factors, "", low_rank_->factors().weights);
  add(factors, "original.", low_rank_->originals());
  files.push_back({"lora.safetensors", factors, {}});
  files.push_back({"lora_optimizer.safetensors", moments_of(*factors_), {}});
  return files;
}

void Optimizers::restore(const std::string& checkpoint, int64_t steps) {
  restore_moments(weights_, checkpoint + "/optimizer.safetensors", steps);
  if (!low_rank_) return;
  models::SafetensorsFile file(checkpoint + "/lora.safetensors");
  for (const auto& [prefix, arena] :
       {std::pair<std::string, const FlatArena*>("", &low_rank_->factors().weights),
        {"original.", &low_rank_->originals()}})
    for (const models::NamedTensor& named : parameter_tensors(*arena))
      file.read_into(prefix + named.name, named.tensor);
  restore_moments(*factors_, checkpoint + "/lora_optimizer.safetensors", steps);
  low_rank_->merge();
}

}  // namespace medley::train
