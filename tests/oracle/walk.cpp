// Starts a trainer on golden values.
#include "tests/oracle/walk.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/log.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "train/data/encode_png.h"

namespace medley::oracle {
namespace {

models::Tokenizer vocabulary() {
  std::vector<std::string> pieces = models::Tokenizer::read_pieces(path("blip/vocab.txt"));
  pieces.insert(pieces.end(), {"[DEC]", "[ENC]"});
  return models::Tokenizer(std::move(pieces));
}

// Writes the list with two grey pictures beside it. Gives its path.
std::string write_rows(const train::TempFolder& folder, Json rows) {
  const std::vector<uint8_t> grey(3, 128);
  const std::vector<uint8_t> png = train::encode_png(1, 1, 3, grey);
  for (const char* name : {"left.png", "right.png"})
    train::write_bytes(folder / name, {png.begin(), png.end()});
  for (Json& row : rows) {
    if (row.contains("sentence"))
      row["images"] = {"left.png", "right.png"};
    else
      row["image"] = "left.png";
  }
  train::write_bytes(folder / "rows.json", rows.dump());
  return folder / "rows.json";
}

train::Trainer start(train::TrainConfig config, const std::string& weights, Json rows,
                     const train::TempFolder& folder) {
  set_log_level(LogLevel::error);
  config.data.path = write_rows(folder, std::move(rows));
  const train::Origin origin{path(weights), config.model, vocabulary()};
  return train::Trainer::start(config, folder / "run", &origin);
}

}  // namespace

// In pre-training alpha rises over two epochs. Other sets do not say how long an epoch is: what
// their second step has does.
models::LossConfig loss_config(const Json& config) {
  models::LossConfig losses;
  losses.queue_size = config.at("queue_size");
  losses.label_smoothing = config.at("label_smoothing");
  losses.momentum = config.value("momentum", losses.momentum);
  std::vector<double> alphas;
  for (const Json& step : config.at("steps")) alphas.push_back(step.at("alpha"));
  if (config.contains("next_step")) alphas.push_back(config.at("next_step").at("alpha"));
  REQUIRE(alphas.size() > 1);
  if (config.contains("train_config")) {
    losses.alpha = config.at("train_config").at("alpha");
    losses.alpha_steps = 2 * config.at("steps_per_epoch").get<int64_t>();
  } else {
    losses.alpha_steps = std::llround(losses.alpha / alphas[1]);
  }
  for (size_t i = 0; i < alphas.size(); ++i) {
    CAPTURE(i);
    const double ramp = static_cast<double>(i) / static_cast<double>(losses.alpha_steps);
    CHECK(losses.alpha * std::min(1.0, ramp) == Approx(alphas[i]).margin(1e-12));
  }
  return losses;
}

train::TrainConfig walk_config(const std::string& objective, const Json& config,
                               const std::string& precision) {
  train::TrainConfig c = train::load_config(objective == "pretrain" ? "base" : objective);
  c.model = model_config(config);
  if (!config.contains("max_length"))  // else model_config() has it
    c.model.max_tokens = config.value("question_max_length", c.model.max_positions);
  c.precision = precision;
  if (config.contains("steps"))
    c.losses = loss_config(config);
  else
    c.losses.label_smoothing = config.at("label_smoothing");
  train::OptimizerConfig& o = c.optimizer;
  o.schedule = "constant";
  o.warmup_steps = 0;
  if (config.contains("optimizer")) {
    const Json& recorded = config.at("optimizer");
    o.lr = recorded.value("lr", o.lr);
    o.beta1 = recorded.at("betas").at(0);
    o.beta2 = recorded.at("betas").at(1);
    o.eps = recorded.at("eps");
    o.decay = recorded.at("weight_decay");
  }
  c.augment.kind = "none";
  c.swap_pictures = false;
  c.accumulate = 1;
  c.epochs = 0;
  c.device = "cpu";
  c.log_every = 1;
  c.eval.splits.clear();
  return c;
}

Walk::Walk(const train::TrainConfig& config, const std::string& weights, Json rows)
    : trainer(start(config, weights, std::move(rows), folder)) {}

std::vector<Json> Walk::train() {
  trainer.train();
  std::vector<Json> lines;
  std::istringstream text(train::read_bytes(trainer.run().metrics()));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

models::Contrastive& Walk::contrastive() {
  return dynamic_cast<models::Contrastive&>(*trainer.state().objective);
}

Json rows_of_captions(int64_t count) {
  return Json(static_cast<size_t>(count), Json{{"caption", "a dog"}});
}

void use_draws(models::Contrastive& objective, const Json& step) {
  objective.negative_images = indices(step.at("negative_image_for_text"));
  objective.negative_texts = indices(step.at("negative_text_for_image"));
}

void feed(Walk& walk, const Json& steps, const Tensors& inputs, const Tensors& weights) {
  load_queue(walk.contrastive().queue(), weights);
  walk.trainer.hooks.on_batch = [&](int64_t number, models::Batch& batch) {
    const std::string prefix = "step" + std::to_string(number) + ".";
    batch = batch_of(inputs, prefix, DType::f32);
    if (inputs.contains(prefix + "idx")) batch.caption = inputs.at(prefix + "idx");
    use_draws(walk.contrastive(), steps.at(static_cast<size_t>(number)));
  };
}

double distance(const Json& a, const Json& b) {
  return std::abs(a.get<double>() - b.get<double>());
}

Tensor rows_of(const Tensor& pictures, const std::vector<int64_t>& rows) {
  Shape shape = pictures.shape();
  const Tensor some = Tensor::empty(
      {static_cast<int64_t>(rows.size()), shape[1], shape[2], shape[3]}, pictures.dtype());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto to = static_cast<int64_t>(i);
    some.slice(0, to, to + 1).copy_from(pictures.slice(0, rows[i], rows[i] + 1));
  }
  return some;
}

void check_gradients(Walk& walk, const Tensors& gradients, double tolerance) {
  for (const auto& [name, gradient] : gradients.all())
    check_close(name, walk.weights().gradients.at(name), gradient, tolerance);
}

void check_first_update(Walk& walk, const std::string& weights, const Tensors& gradients) {
  const train::OptimizerConfig& o = walk.trainer.state().config.optimizer;
  const Tensors before(weights);
  for (const auto& [name, gradient] : gradients.all()) {
    INFO(name);
    std::vector<double> w = before.values(name);
    const std::vector<double> g = to_doubles(gradient);
    for (size_t i = 0; i < w.size(); ++i)
      w[i] = w[i] * (1 - o.lr * o.decay) - o.lr * g[i] / (std::abs(g[i]) + o.eps);
    CHECK(largest_difference(to_doubles(walk.weights().weights.at(name)), w) < 1e-9);
  }
}

}  // namespace medley::oracle
