// Checkpoint files of the original and of transformers: .pth against the same tensors as
// safetensors.
#include <set>

#include "models/objectives/pretrain.h"
#include "models/weights/load.h"
#include "models/weights/pth.h"
#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley {
namespace {

const std::string kFolder = "blip/checkpoint/";

// Every tensor below `prefix` equals the one of `expected`, byte for byte, and no other is there.
void check_equal(models::PthFile& file, const std::string& prefix,
                 const oracle::Tensors& expected) {
  std::set<std::string> names;
  for (const models::PthEntry& entry : file.tensors()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string name = entry.name.substr(prefix.size());
    INFO(name);
    names.insert(name);
    const Tensor read = file.read(entry.name);
    const Tensor& wanted = expected.at(name);
    CHECK(read.dtype() == wanted.dtype());
    REQUIRE(read.shape() == wanted.shape());
    CHECK(oracle::to_doubles(read) == oracle::to_doubles(wanted));
  }
  CHECK(names.size() == expected.all().size());
}

double scalar_or_tensor(models::PthFile& file, const std::string& name) {
  for (const models::PthScalar& scalar : file.scalars())
    if (scalar.name == name) return std::stod(scalar.json);
  return oracle::to_doubles(file.read(name)).at(0);
}

}  // namespace

TEST_CASE("both formats of the original's checkpoint hold the model exactly", "[checkpoint]") {
  const oracle::Tensors model(kFolder + "model.safetensors");
  for (const char* name : {"checkpoint_01.pth", "checkpoint_01_legacy.pth"}) {
    INFO(name);
    models::PthFile file(oracle::path(kFolder + name));
    CHECK(file.is_legacy() == (std::string(name).find("legacy") != std::string::npos));
    CHECK(file.prefix() == "model.");
    check_equal(file, "model.", model);
  }
}

TEST_CASE("both formats of the original's checkpoint hold the optimizer exactly", "[checkpoint]") {
  const oracle::Tensors state(kFolder + "optimizer.safetensors");
  const oracle::Json ids = oracle::read_json(kFolder + "config.json").at("parameter_ids");
  for (const char* name : {"checkpoint_01.pth", "checkpoint_01_legacy.pth"}) {
    models::PthFile file(oracle::path(kFolder + name));
    size_t compared = 0;
    for (const auto& [id, parameter] : ids.items())
      for (const char* kind : {"exp_avg", "exp_avg_sq", "step"}) {
        const std::string key = parameter.get<std::string>() + "." + kind;
        if (!state.contains(key)) continue;
        const std::string path = "optimizer.state." + id + "." + kind;
        INFO(name << " " << key);
        ++compared;
        if (std::string(kind) == "step") {
          CHECK(scalar_or_tensor(file, path) == state.values(key).at(0));
        } else {
          CHECK(oracle::to_doubles(file.read(path)) == state.values(key));
        }
      }
    CHECK(compared == state.all().size());
  }
}

TEST_CASE("a pytorch_model.bin of transformers holds its model.safetensors", "[checkpoint]") {
  const std::string folder = "hf/models/caption-layout-4.30/";
  const oracle::Tensors expected(folder + "model.safetensors");
  models::PthFile file(oracle::path(folder + "pytorch_model.bin"));
  CHECK(file.prefix().empty());
  for (const auto& [name, tensor] : expected.all()) {
    INFO(name);
    const Tensor read = file.read(name);
    CHECK(read.dtype() == tensor.dtype());
    CHECK(oracle::to_doubles(read) == oracle::to_doubles(tensor));
  }
  CHECK(file.tensors().size() >= expected.all().size());  // tied tensors stand under both names
}

TEST_CASE("a checkpoint loads into a model of another picture size, both formats alike",
          "[checkpoint]") {
  const oracle::Tensors expected(kFolder + "loaded_into_retrieval.safetensors");
  const oracle::Tensors model(kFolder + "model.safetensors");
  models::ModelConfig config = oracle::model_config(oracle::read_json(kFolder + "config.json"));
  const std::string table = "visual_encoder.pos_embed";
  while (config.tokens_per_image() < expected.at(table).size(1))
    config.image_size += config.patch_size;
  for (const char* name : {"checkpoint_01.pth", "checkpoint_01_legacy.pth"}) {
    INFO(name);
    models::LossConfig losses;
    losses.queue_size = 0;
    models::Pretraining objective(
        std::make_shared<models::Blip>(config, models::SpecialTokens{}, DType::f64, Device{}, 1),
        losses, 1);
    const autograd::ParameterStore &weights = objective.weights(), &momentum = objective.momentum();
    models::WeightFiles files(oracle::path(kFolder + name));
    models::LoadOptions options;
    // The queues, and cross-attention of the momentum tower, which never runs.
    options.allow_unexpected = true;
    const models::LoadReport report =
        models::load_weights(files, {&weights.weights, &momentum.weights}, options);
    CHECK(report.missing.empty());
    CHECK(report.resized.size() == expected.all().size());
    for (const std::string& left : report.unexpected) {
      INFO(left);
      const bool unused =
          left.starts_with("text_encoder_m.") && left.find(".crossattention.") != std::string::npos;
      CHECK((unused || left.find("queue") != std::string::npos));
    }
    for (const auto& [key, tensor] : expected.all())
      oracle::check_close(key, (key == table ? weights : momentum).weights.at(key), tensor, 1e-6);
    for (const ArenaEntry& entry : weights.layout().entries()) {
      if (entry.name == table || !model.contains(entry.name)) continue;
      INFO(entry.name);
      CHECK(oracle::to_doubles(weights.weights.at(entry.name)) == model.values(entry.name));
    }
  }
}

}  // namespace medley
