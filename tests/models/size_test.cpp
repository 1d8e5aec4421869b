// Parameters: names, ties, counts; the large presets on the device without memory.
#include <algorithm>
#include <set>

#include "core/allocator.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

namespace {

constexpr Device kMeta{Device::Meta, 0};

int64_t count(const autograd::ParameterStore& store) {
  int64_t elements = 0;
  for (const std::string& name : owners(store))
    elements += store.layout().entry(name).shape.elements();
  return elements;
}

Pretraining on_meta(const Preset& p) {
  const SpecialTokens bert{.sep = 102, .dec = 30522, .enc = 30523};
  return Pretraining(std::make_shared<Blip>(p.model, bert, DType::f32, kMeta, 0), p.losses, 0);
}

}  // namespace

TEST_CASE("parameter counts of base and large are the original's") {
  const Preset base = preset("base"), large = preset("large");
  Pretraining b = on_meta(base);
  CHECK(count(b.weights()) == 252441919);
  // The original's momentum copy has 28,366,848 weights of cross-attention that nothing ever uses.
  CHECK(count(b.momentum()) == 223450880 - 28366848);
  Pretraining l = on_meta(large);
  CHECK(count(l.weights()) == 474729023);
}

TEST_CASE("what encoder and decoder share decides the size of base as in the paper's table 3") {
  const auto weights_of = [](const char* share) {
    Preset base = preset("base");
    base.model.share = share;
    Pretraining objective = on_meta(base);
    CHECK(count(objective.momentum()) == 223450880 - 28366848);
    return count(objective.weights());
  };
  constexpr int64_t kAttention = 28366848;  // of all layers, self or cross
  const int64_t all = weights_of("all"), none = weights_of("none");
  CHECK(weights_of("all_but_cross_attention") == all + kAttention);
  CHECK(weights_of("all_but_self_attention") == all + kAttention);
  CHECK(none == all + 137258496);  // a whole text encoder more
  const auto millions = [](int64_t n) { return (n + 500000) / 1000000; };
  CHECK(millions(all) == 224);
  CHECK(millions(all + kAttention) == 252);
  CHECK(millions(none) == 361);
}

TEST_CASE("a step of base runs on the device without memory") {
  const Preset base = preset("base");
  Pretraining objective = on_meta(base);
  Batch batch;
  batch.images = Tensor::empty({4, 3, 224, 224}, DType::f32, kMeta);
  batch.text = pack(random_captions(base.model, 4, 1), kMeta);
  const size_t before = memory_stats(kMeta).live;
  autograd::Tape tape;
  BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = losses_of(objective, batch);
  }
  CHECK(result.kept[0].shape() == Shape{12, 2});  // ITM's logits
  // Activations of 4 images: hundreds of MB.
  CHECK(memory_stats(kMeta).live > before + (size_t{1} << 28));
  tape.backward(result.total);
}

TEST_CASE("what is shared is one memory under two names, and the rest is not") {
  Preset p = tiny(0);
  p.model.share = GENERATE("all", "all_but_cross_attention", "all_but_self_attention", "none");
  CAPTURE(p.model.share);
  Pretraining objective = pretraining(p, DType::f64, 1);
  const FlatArena& weights = objective.weights().weights;
  const auto data = [&](const std::string& name) { return weights.at(name).data<double>(); };
  const std::string encoder = "text_encoder", decoder = "text_decoder.bert";
  const std::string layer = ".encoder.layer.1";
  const auto check = [&](bool shared, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      INFO(name);
      CHECK((data(encoder + name) == data(decoder + name)) == shared);
    }
  };
  const auto attention = [&](const std::string& kind) {
    const std::string at = layer + kind;
    return std::vector<std::string>{at + ".self.query.weight", at + ".self.value.bias",
                                    at + ".output.dense.weight", at + ".output.LayerNorm.weight"};
  };
  const std::string share = p.model.share;
  check(share == "all" || share == "all_but_cross_attention", attention(".attention"));
  check(share == "all" || share == "all_but_self_attention", attention(".crossattention"));
  const std::string words = ".embeddings.word_embeddings.weight";
  check(share != "none", {layer + ".intermediate.dense.weight", layer + ".output.dense.bias",
                          layer + ".output.LayerNorm.bias", words, ".embeddings.LayerNorm.weight",
                          ".embeddings.position_embeddings.weight"});
  CHECK(data(decoder + words) == data("text_decoder.cls.predictions.decoder.weight"));
  CHECK(data("text_decoder.cls.predictions.bias") ==
        data("text_decoder.cls.predictions.decoder.bias"));
  // Query, key and value are rows of one matrix.
  const std::string self = encoder + layer + ".attention.self.";
  CHECK(data(self + "key.weight") == data(self + "qkv.weight") + 16 * 16);
  CHECK(weights.at(self + "value.bias").shape() == Shape{16});
  CHECK(weights.at(encoder + layer + ".crossattention.self.key.weight").shape() == Shape{16, 24});
}

TEST_CASE("the temperature is last in memory, and the momentum model's part first") {
  const Preset p = tiny(0);
  Pretraining objective = pretraining(p, DType::f64, 1);
  const ArenaLayout& layout = objective.weights().layout();
  for (const ArenaEntry& entry : layout.entries())
    CHECK((entry.name == "temp" || entry.offset < layout.entry("temp").offset));
  CHECK(layout.entry("visual_encoder.cls_token").offset == 0);
  CHECK(objective.momentum().weights.flat().elements() ==
        layout.entry("text_encoder.encoder.layer.0.crossattention.self.query.weight").offset);
}

TEST_CASE(
    "starting values: narrow normal weights, zero biases, LayerNorm 1 and 0, PyTorch's bounds") {
  const Preset p = preset("scenes");
  Pretraining objective = pretraining(p, DType::f32, 1);
  const auto moments = [&](const std::string& name) {
    const std::vector<double> v = values(objective.weights().weights.at(name));
    double sum = 0, squares = 0, largest = 0;
    for (const double x : v) {
      sum += x;
      squares += x * x;
      largest = std::max(largest, std::abs(x));
    }
    const auto n = static_cast<double>(v.size());
    return std::array<double, 3>{sum / n, std::sqrt(squares / n), largest};
  };
  for (const char* name : {"visual_encoder.pos_embed", "visual_encoder.blocks.2.attn.qkv.weight",
                           "text_encoder.embeddings.word_embeddings.weight",
                           "text_decoder.cls.predictions.transform.dense.weight"}) {
    INFO(name);
    CHECK(moments(name)[0] == Approx(0).margin(0.01));
    CHECK(moments(name)[1] == Approx(0.1).epsilon(0.05));
  }
  CHECK(moments("text_encoder.encoder.layer.0.output.dense.bias")[2] == 0);
  CHECK(moments("text_decoder.cls.predictions.bias")[2] == 0);
  CHECK(moments("visual_encoder.norm.weight")[0] == 1);
  const double patch = 1 / std::sqrt(3.0 * 8 * 8), dense = 1 / std::sqrt(96.0);
  CHECK(moments("visual_encoder.patch_embed.proj.weight")[2] == Approx(patch).epsilon(0.01));
  CHECK(moments("visual_encoder.patch_embed.proj.bias")[2] <= patch);
  CHECK(moments("vision_proj.weight")[2] == Approx(dense).epsilon(0.01));
  CHECK(moments("itm_head.bias")[2] > 0);
}
