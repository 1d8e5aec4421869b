// Copies between golden files and a model.
#include "tests/oracle/blip_weights.h"

#include <algorithm>

#include "core/error.h"
#include "tests/catch.h"

namespace medley::oracle {
namespace {

// The queues are [E, Q] in the original and [Q, E] here.
Tensor transposed(const Tensor& t) { return t.transpose(0, 1).contiguous(); }

bool is_float(const Tensor& t) { return t.dtype() == DType::f32 || t.dtype() == DType::f64; }

// The original's momentum text encoder carries a cross-attention that nothing ever uses.
bool is_unused(const std::string& name) {
  return name.starts_with("text_encoder_m.") && name.find(".crossattention.") != std::string::npos;
}

// Where a tensor of the file lives in training; undefined when it has no place.
Tensor place(models::Contrastive& objective, const std::string& name) {
  for (const autograd::ParameterStore* store : {&objective.weights(), &objective.momentum()})
    if (store->layout().contains(name)) return store->weights.at(name);
  return {};
}

// Every parameter is in the file, under its name or one that it is tied to.
void check_complete(const autograd::ParameterStore& store, const Tensors& weights) {
  const std::vector<ArenaEntry>& entries = store.layout().entries();
  for (const ArenaEntry& entry : entries) {
    const std::string& owner = entry.owner.empty() ? entry.name : entry.owner;
    INFO(entry.name);
    CHECK(std::any_of(entries.begin(), entries.end(), [&](const ArenaEntry& e) {
      return (e.name == owner || e.owner == owner) && weights.contains(e.name);
    }));
  }
}

}  // namespace

models::SpecialTokens special_tokens(const Json& config) {
  const Json& ids = config.at("token_ids");
  return {.sep = ids.at("[SEP]"), .dec = ids.at("[DEC]"), .enc = ids.at("[ENC]")};
}

void copy_values(const Tensor& to, const Tensor& from) {
  const std::vector<double> values = to_doubles(from);
  REQUIRE(static_cast<int64_t>(values.size()) == to.elements());
  if (to.dtype() == DType::f64)
    std::copy(values.begin(), values.end(), to.data<double>());
  else
    std::transform(values.begin(), values.end(), to.data<float>(),
                   [](double v) { return static_cast<float>(v); });
}

void load_some(models::Blip& blip, const Tensors& weights) {
  for (const auto& [name, tensor] : weights.all()) {
    if (!is_float(tensor)) continue;
    INFO(name);
    REQUIRE(blip.weights().layout().contains(name));
    copy_values(blip.weights().weights.at(name), tensor);
  }
}

void load_store(const autograd::ParameterStore& store, const Tensors& weights) {
  for (const auto& [name, tensor] : weights.all()) {
    if (!is_float(tensor)) continue;
    INFO(name);
    REQUIRE(store.layout().contains(name));
    copy_values(store.weights.at(name), tensor);
  }
  check_complete(store, weights);
}

void load_queue(models::FeatureQueue& queue, const Tensors& weights) {
  copy_values(queue.image, transposed(weights.at("image_queue")));
  copy_values(queue.text, transposed(weights.at("text_queue")));
  if (weights.contains("idx_queue")) {  // of retrieval
    const Tensor& ids = weights.at("idx_queue");
    queue.caption.copy_from(ids.view({ids.elements()}));
  }
  const char* pointer = weights.contains("queue_ptr") ? "queue_ptr" : "ptr_queue";
  queue.next = static_cast<int64_t>(weights.values(pointer).at(0));
}

void load(models::Contrastive& objective, const Tensors& weights) {
  load_queue(objective.queue(), weights);
  for (const auto& [name, tensor] : weights.all()) {
    if (!is_float(tensor) || is_unused(name) || name.ends_with("_queue")) continue;
    INFO(name);
    const Tensor to = place(objective, name);
    REQUIRE(to.defined());
    copy_values(to, tensor);
  }
  for (const autograd::ParameterStore* store : {&objective.weights(), &objective.momentum()})
    check_complete(*store, weights);
}

double largest_weight_difference(models::Contrastive& objective, const Tensors& weights,
                                 bool (*skip)(const std::string&)) {
  const models::FeatureQueue& queue = objective.queue();
  double worst = 0;
  for (const auto& [name, tensor] : weights.all()) {
    if (!is_float(tensor) || is_unused(name) || skip(name)) continue;
    INFO(name);
    const Tensor own = name == "image_queue"  ? transposed(queue.image)
                       : name == "text_queue" ? transposed(queue.text)
                                              : place(objective, name);
    REQUIRE(own.defined());
    worst = std::max(worst, largest_difference(to_doubles(own), to_doubles(tensor)));
  }
  return worst;
}

models::PackedText packed(const Tensors& inputs, const std::string& prefix) {
  const Tensor ids = inputs.at(prefix + "input_ids");
  const std::vector<double> id = to_doubles(ids), mask = inputs.values(prefix + "attention_mask");
  const auto length = static_cast<size_t>(ids.size(1));
  std::vector<std::vector<int32_t>> captions;
  for (size_t row = 0; row < id.size(); row += length) {
    captions.emplace_back();
    for (size_t t = row; t < row + length && mask[t] != 0; ++t)
      captions.back().push_back(static_cast<int32_t>(id[t]));
  }
  return models::pack(captions);
}

models::Batch batch_of(const Tensors& inputs, const std::string& prefix, DType dtype) {
  models::Batch batch;
  const Tensor& images = inputs.at(prefix + "images");
  batch.images = Tensor::empty(images.shape(), dtype);
  copy_values(batch.images, images);
  batch.text = packed(inputs, prefix);
  return batch;
}

Tensor indices(const Json& array) {
  return Tensor::from(array.get<std::vector<int32_t>>(), {static_cast<int64_t>(array.size())});
}

}  // namespace medley::oracle
