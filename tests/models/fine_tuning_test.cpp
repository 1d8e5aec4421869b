// What a fine-tuning trains: words that freeze, and rates by depth.
#include "models/fine_tuning.h"

#include <algorithm>
#include <set>

#include "autograd/optim/low_rank.h"
#include "core/error.h"
#include "models/nlvr/nlvr.h"
#include "models/objectives/captioning.h"
#include "models/objectives/step.h"
#include "models/vqa/vqa.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;
using Catch::Contains;

namespace {

using autograd::ParameterStore;

// The parameters that are trained, without their last part (weight, bias).
std::set<std::string> trained(const ParameterStore& store) {
  std::set<std::string> names;
  for (const std::string& name : owners(store))
    if (store.wants_gradient(name)) names.insert(name.substr(0, name.rfind('.')));
  return names;
}

// Ops that a step of pre-training records.
size_t recorded(Pretraining& objective, const Batch& batch) {
  autograd::Tape tape;
  tape.record([&] { return losses_of(objective, batch, {}).total; });
  return tape.nodes();
}

}  // namespace

TEST_CASE("fine-tuning: the words name the same things in every model") {
  const ModelConfig c = tiny(0).model;
  ParameterStore blip = Blip(c, {}, DType::f32, {}, 1).weights(),
                 vqa = Vqa(c, {}, DType::f32, {}, 1).weights(),
                 nlvr = Nlvr(c, {}, DType::f32, {}, 1).weights();
  for (ParameterStore* store : {&blip, &vqa, &nlvr}) {
    store->freeze(frozen_by("vision"));
    for (const std::string& name : owners(*store))
      CHECK(store->wants_gradient(name) != name.starts_with("visual_encoder."));
    store->freeze(frozen_by("all-but-heads"));
  }
  CHECK(trained(blip) == std::set<std::string>{"vision_proj", "text_proj", "itm_head", "temp",
                                               "text_decoder.cls.predictions",
                                               "text_decoder.cls.predictions.transform.dense",
                                               "text_decoder.cls.predictions.transform.LayerNorm"});
  CHECK(trained(vqa) == std::set<std::string>{"text_decoder.cls.predictions",
                                              "text_decoder.cls.predictions.transform.dense",
                                              "text_decoder.cls.predictions.transform.LayerNorm"});
  CHECK(trained(nlvr) == std::set<std::string>{"cls_head.0", "cls_head.2"});
  blip.freeze(frozen_by("text"));
  CHECK(trained(blip) == std::set<std::string>{"vision_proj", "text_proj", "itm_head", "temp"});
}

TEST_CASE("fine-tuning: a word that freezes nothing is refused with those that do") {
  CHECK_THROWS_WITH(frozen_by("visoin"),
                    Contains("did you mean 'vision'") && Contains("vision, text, all-but-heads"));
}

TEST_CASE("fine-tuning: pre-training goes on with a tower frozen, and its way back is not walked") {
  const std::string word = GENERATE("vision", "text");
  Preset p = tiny(4);
  p.model.recompute = GENERATE(false, true);
  Pretraining whole = pretraining(p, DType::f64, 11), part = pretraining(p, DType::f64, 11);
  const auto frozen = frozen_by(word);
  part.weights().freeze(frozen);
  const Batch batch = random_batch(p.model, 3, 2);
  CHECK(recorded(part, batch) < recorded(whole, batch));

  run_step(whole, batch);
  run_step(part, batch);
  autograd::AdamW optimizer(part.weights());
  optimizer.step();
  for (const std::string& name : owners(part.weights())) {
    INFO(name);
    const Tensor gradient = part.weights().gradients.at(name);
    if (frozen(name)) {
      CHECK(values(gradient) == std::vector<double>(static_cast<size_t>(gradient.elements())));
      CHECK(values(part.weights().weights.at(name)) == values(whole.weights().weights.at(name)));
    } else {
      CHECK(values(gradient) == values(whole.weights().gradients.at(name)));
    }
  }
  run_step(part, batch, At{1, {}, {}});  // moves the momentum model, which has both towers
  const std::string moved = word == "text" ? "visual_encoder" : "text_encoder";
  const std::string rest = word == "text" ? ".norm.weight" : ".embeddings.LayerNorm.weight";
  CHECK(values(part.momentum().weights.at(moved + "_m" + rest)) !=
        values(whole.momentum().weights.at(moved + "_m" + rest)));
}

TEST_CASE("fine-tuning: the rate falls with the depth in a tower") {
  Preset p = tiny(0);
  p.model.vit_depth = 3;
  Vqa vqa(p.model, {}, DType::f32, {}, 1);
  const ParameterStore& store = vqa.weights();
  const auto groups = rates_by_depth(store.layout(), 0.5);
  const auto factor = [&](const std::string& name) {
    REQUIRE(store.layout().contains(name));
    for (const autograd::ParameterGroup& group : groups)
      if (group.contains(name)) return group.lr_factor;
    return 1.0;
  };
  const std::string last = ".output.dense.weight";
  CHECK(factor("visual_encoder.norm.weight") == 1);
  CHECK(factor("visual_encoder.blocks.2.attn.qkv.weight") == 0.5);
  CHECK(factor("visual_encoder.blocks.0.mlp.fc1.bias") == 0.125);
  CHECK(factor("visual_encoder.patch_embed.proj.weight") == 0.0625);
  CHECK(factor("visual_encoder.cls_token") == 0.0625);
  CHECK(factor("visual_encoder.pos_embed") == 0.0625);
  CHECK(factor("text_encoder.encoder.layer.1" + last) == 0.5);
  CHECK(factor("text_encoder.embeddings.LayerNorm.bias") == 0.125);
  CHECK(factor("text_decoder.bert.encoder.layer.0" + last) == 0.25);
  CHECK(factor("text_decoder.bert.embeddings.word_embeddings.weight") == 0.125);
  CHECK(factor("text_decoder.cls.predictions.transform.dense.weight") == 1);
  CHECK_NOTHROW(autograd::AdamW(store, {}, groups));
}

TEST_CASE("fine-tuning: every matrix of attention and feed-forward is adapted, once") {
  Preset p = tiny(0);
  const ModelConfig c = p.model;
  Blip blip(c, {}, DType::f32, {}, 1);
  const std::vector<std::string> names = adapted_matrices(blip.weights().layout());
  // Image: qkv, proj, fc1, fc2. Text: two self-attentions and a cross-attention of query, key,
  // value and output each, and the feed-forward's two.
  CHECK(names.size() == static_cast<size_t>(4 * c.vit_depth + 14 * c.text_depth));
  for (const char* name :
       {"visual_encoder.blocks.0.attn.qkv.weight", "visual_encoder.blocks.1.mlp.fc2.weight",
        "text_encoder.encoder.layer.0.attention.self.query.weight",
        "text_encoder.encoder.layer.1.crossattention.self.value.weight",
        "text_encoder.encoder.layer.1.output.dense.weight",
        "text_decoder.bert.encoder.layer.0.attention.self.key.weight",
        "text_decoder.bert.encoder.layer.1.attention.output.dense.weight"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);

  Nlvr nlvr(c, {}, DType::f32, {}, 1);
  const auto of_nlvr = adapted_matrices(nlvr.weights().layout());
  CHECK(of_nlvr.size() == static_cast<size_t>(4 * c.vit_depth + (4 + 2 * 4 + 2) * c.text_depth));

  // Together they are what the towers multiply by, but for the merging of two pictures, which is
  // always new.
  int64_t adapted = 0, matrices = 0;
  for (const std::string& name : of_nlvr)
    adapted += nlvr.weights().layout().entry(name).shape.elements();
  for (const ArenaEntry& entry : nlvr.weights().layout().entries())
    if (entry.owner.empty() && entry.shape.rank() == 2 && !entry.name.starts_with("cls_head") &&
        entry.name.find("embeddings") == std::string::npos &&
        entry.name.find("merge_layer") == std::string::npos)
      matrices += entry.shape.elements();
  CHECK(adapted == matrices);
}

TEST_CASE("fine-tuning: captions are learned by adapting the matrices") {
  Preset p = tiny(0);
  const auto blip = std::make_shared<Blip>(p.model, SpecialTokens{}, DType::f32, Device{}, 1);
  Captioning objective(blip, 0, /*given=*/1, 1);
  const Blip before(p.model, {}, DType::f32, {}, 1);
  ParameterStore& store = blip->weights();
  autograd::LowRank low_rank(store, adapted_matrices(store.layout()), {.rank = 4, .alpha = 8});
  autograd::AdamW optimizer(low_rank.factors(), {.lr = 1e-2, .decay = 0});
  const Batch batch = random_batch(p.model, 3, 2, DType::f32);
  std::vector<double> losses;
  for (int64_t step = 0; step < 40; ++step) {
    StepPlan plan{.step = step, .next = [&] { return batch; }};
    plan.update = [&](const std::vector<BatchResult>& results) {
      losses.push_back(results[0].total.item());
      low_rank.pull_gradients();
      optimizer.step();
      low_rank.merge();
      return true;
    };
    take_step(objective, plan);
  }
  CHECK(losses.back() < 0.5 * losses.front());
  for (const char* name : {"visual_encoder.norm.weight", "text_encoder.embeddings.LayerNorm.bias",
                           "text_encoder.embeddings.word_embeddings.weight"})
    CHECK(values(store.weights.at(name)) == values(before.weights().weights.at(name)));
}
