// Low-rank adaptation against graphs that have the factors in them, and against plain loops.
#include "autograd/optim/low_rank.h"

#include <cmath>
#include <map>

#include "autograd/nn/linear.h"
#include "autograd/ops/add.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/mul.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::Leaf;
using tests::random_tensor;

constexpr LowRankOptions kOptions{.rank = 1, .alpha = 1.5, .seed = 5};
constexpr double kScale = 1.5;  // alpha / rank

// A fused matrix, of which the first and last rows are adapted, a plain one, and a head.
struct Model {
  ParameterStore store;
  Linear qkv, out, head;

  explicit Model(DType dtype = DType::f64) {
    ParameterBuilder builder;
    const Init init = Init::normally(0.5);
    qkv = Linear::fused(builder, "self", "qkv", {"query", "key", "value"}, 4, 2, init);
    out = Linear(builder, "out", 6, 3, init);
    head = Linear(builder, "head", 3, 2, init);
    store = builder.build(dtype, {}, 1);
  }
  static std::vector<std::string> adapted() {
    return {"self.query.weight", "self.value.weight", "out.weight"};
  }
  void step() const {
    store.gradients.flat().fill_zero();
    Tape tape;
    const Tensor y = tape.record([&] {
      return head(gelu(out(gelu(qkv(random_tensor({5, 4}, 1))))));
    });
    tape.backward({y}, {random_tensor({5, 2}, 2)});
  }
};

bool is_head(const std::string& name) { return name.starts_with("head."); }

std::vector<double> values(const FlatArena& arena, const std::string& name) {
  return arena.at(name).to_vector<double>();
}

void stir(const ParameterStore& factors) {
  uint32_t sample = 50;
  for (const ArenaEntry& entry : factors.layout().entries())
    factors.weights.at(entry.name).copy_from(random_tensor(entry.shape, sample++));
}

void check_near(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).epsilon(1e-12).margin(1e-14));
}

TEST_CASE("low rank: weights and gradients are those of a graph that has the factors") {
  Model model;
  LowRank low_rank(model.store, Model::adapted(), kOptions, is_head);
  const ParameterStore& factors = low_rank.factors();
  stir(factors);
  low_rank.merge();
  model.step();
  const std::vector<double> head = values(model.store.gradients, "head.weight");
  low_rank.pull_gradients();
  CHECK(values(model.store.gradients, "head.weight") == head);
  const double others = norm(model.store.gradients.at("head.weight").view({6})).value,
               bias = norm(model.store.gradients.at("head.bias")).value,
               followed = norm(factors.gradients.flat()).value;
  CHECK(norm(model.store.gradients.flat()).value ==
        Approx(std::hypot(std::hypot(others, bias), followed)));

  std::map<std::string, Leaf> leaves;
  for (const ArenaEntry& entry : factors.layout().entries())
    leaves.emplace(entry.name, Leaf(factors.weights.at(entry.name)));
  const auto matrix = [&](const std::string& layer) {
    const Tensor a = leaves.at(layer + ".lora_A.weight").tensor;
    const Tensor scale =
        Tensor::from(std::vector<double>(static_cast<size_t>(a.elements()), kScale), a.shape());
    return add(low_rank.originals().at(layer + ".weight"),
               matmul(leaves.at(layer + ".lora_B.weight").tensor, mul(a, scale)));
  };
  Tape tape;
  Tensor y, qkv, out;
  {
    const Recording recording(tape);
    qkv = concat_rows(
        {matrix("self.query"), model.store.weights.at("self.key.weight"), matrix("self.value")});
    out = matrix("out");
    const Tensor h =
        gelu(linear(random_tensor({5, 4}, 1), qkv, model.store.weights.at("self.qkv.bias")));
    y = model.head(gelu(linear(h, out, model.store.weights.at("out.bias"))));
  }
  check_near(values(model.store.weights, "self.qkv.weight"), qkv.to_vector<double>());
  check_near(values(model.store.weights, "out.weight"), out.to_vector<double>());
  tape.backward({y}, {random_tensor({5, 2}, 2)});
  for (const auto& [name, leaf] : leaves) {
    INFO(name);
    check_near(values(factors.gradients, name), leaf.gradient.to_vector<double>());
  }
}

TEST_CASE("low rank: a model starts as it was, and only factors and heads move") {
  Model model, before;
  LowRank low_rank(model.store, Model::adapted(), kOptions, is_head);
  low_rank.merge();
  CHECK(model.store.weights.flat().to_vector<double>() ==
        before.store.weights.flat().to_vector<double>());

  AdamW factors(low_rank.factors()), heads(model.store, {}, {low_rank.merged()});
  CHECK(factors.elements() == 2 * (4 + 2) + (6 + 3));
  CHECK(heads.elements() == 6 + 2);
  for (int step = 0; step < 3; ++step) {
    model.step();
    low_rank.pull_gradients();
    factors.step();
    heads.step();
    low_rank.merge();
  }
  for (const char* same : {"self.key.weight", "self.qkv.bias", "out.bias"})
    CHECK(values(model.store.weights, same) == values(before.store.weights, same));
  for (const char* moved : {"self.query.weight", "self.value.weight", "out.weight", "head.bias"})
    CHECK(values(model.store.weights, moved) != values(before.store.weights, moved));
  CHECK(values(low_rank.originals(), "out.weight") == values(before.store.weights, "out.weight"));

  // Factors and originals are all that a checkpoint must have beside the weights.
  Model again;
  LowRank restored(again.store, Model::adapted(), {.rank = 1, .alpha = 1.5, .seed = 6}, is_head);
  again.store.weights.flat().copy_from(model.store.weights.flat());
  restored.factors().weights.flat().copy_from(low_rank.factors().weights.flat());
  restored.originals().flat().copy_from(low_rank.originals().flat());
  restored.merge();
  CHECK(again.store.weights.flat().to_vector<double>() ==
        model.store.weights.flat().to_vector<double>());
}

// A linear layer towards given outputs.
TEST_CASE("low rank: AdamW over the factors is that of plain loops") {
  constexpr int kOut = 4, kIn = 5, kRank = 2, kRows = 3, kSteps = 4;
  constexpr double kLr = 0.05, kDecay = 0.1;
  ParameterBuilder builder;
  const Parameter weight = builder.add("fc.weight", {kOut, kIn}, Init::normally(1));
  ParameterStore store = builder.build(DType::f64, {}, 1);
  LowRank low_rank(store, {"fc.weight"}, {.rank = kRank, .alpha = kRank * kScale});
  AdamW optimizer(low_rank.factors(), {.lr = kLr, .decay = kDecay});
  const Tensor x = random_tensor({kRows, kIn}, 1), target = random_tensor({kRows, kOut}, 2);

  std::vector<double> w0 = values(store.weights, "fc.weight"),
                      a = values(low_rank.factors().weights, "fc.lora_A.weight"), b(kOut * kRank),
                      w = w0;
  std::vector<double> ma(a.size()), va(a.size()), mb(b.size()), vb(b.size());
  const auto adamw = [&](double& p, double g, double& m, double& v, int t) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p = p - kLr * kDecay * p -
        kLr * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
  };
  const std::vector<double> xs = x.to_vector<double>(), ts = target.to_vector<double>();
  for (int t = 1; t <= kSteps; ++t) {
    store.gradients.flat().fill_zero();
    Tape tape;
    const Tensor y = tape.record([&] { return linear(x, weight, Tensor()); });
    std::vector<double> error = y.to_vector<double>();  // of the loss 1/2 |y - target|^2
    for (size_t i = 0; i < error.size(); ++i) error[i] -= ts[i];
    tape.backward({y}, {Tensor::from(error, y.shape())});
    low_rank.pull_gradients();
    optimizer.step();
    low_rank.merge();

    std::vector<double> dw(w.size()), da(a.size()), db(b.size());
    for (int row = 0; row < kRows; ++row)
      for (int o = 0; o < kOut; ++o) {
        double e = -ts[row * kOut + o];
        for (int i = 0; i < kIn; ++i) e += w[o * kIn + i] * xs[row * kIn + i];
        for (int i = 0; i < kIn; ++i) dw[o * kIn + i] += e * xs[row * kIn + i];
      }
    for (int o = 0; o < kOut; ++o)
      for (int i = 0; i < kIn; ++i)
        for (int r = 0; r < kRank; ++r) {
          da[r * kIn + i] += kScale * b[o * kRank + r] * dw[o * kIn + i];
          db[o * kRank + r] += kScale * dw[o * kIn + i] * a[r * kIn + i];
        }
    for (size_t i = 0; i < a.size(); ++i) adamw(a[i], da[i], ma[i], va[i], t);
    for (size_t i = 0; i < b.size(); ++i) adamw(b[i], db[i], mb[i], vb[i], t);
    w = w0;
    for (int o = 0; o < kOut; ++o)
      for (int i = 0; i < kIn; ++i)
        for (int r = 0; r < kRank; ++r)
          w[o * kIn + i] += kScale * b[o * kRank + r] * a[r * kIn + i];
  }
  // At zero B has a gradient and A has none: only a second step moves A.
  for (size_t i = 0; i < w.size(); ++i)
    CHECK(values(store.weights, "fc.weight")[i] == Approx(w[i]).epsilon(1e-9));
  for (size_t i = 0; i < a.size(); ++i)
    CHECK(values(low_rank.factors().weights, "fc.lora_A.weight")[i] == Approx(a[i]).epsilon(1e-9));
}

TEST_CASE("low rank: A starts as a linear layer, by its seed and name only") {
  const auto first = [](uint64_t seed) {
    Model model;
    LowRank low_rank(model.store, {"out.weight"}, {.rank = 2, .seed = seed});
    return values(low_rank.factors().weights, "out.lora_A.weight");
  };
  CHECK(first(1) == first(1));
  CHECK(first(1) != first(2));
  for (const double a : first(1)) CHECK(std::abs(a) <= 1 / std::sqrt(6.0));
}

TEST_CASE("low rank: what cannot be adapted is refused") {
  Model model;
  ParameterStore& store = model.store;
  CHECK_THROWS_WITH(LowRank(store, {"out.wieght"}), Contains("did you mean 'out.weight'"));
  CHECK_THROWS_WITH(LowRank(store, {"out.bias"}), Contains("'out.bias' has shape (3)"));
  CHECK_THROWS_WITH(LowRank(store, {"out.weight"}, {.rank = 0}),
                    Contains("rank 0 for 'out.weight'"));
  CHECK_THROWS_WITH(LowRank(store, {"out.weight"}, {.rank = 3}), Contains("a rank of 1 to 2"));
  ParameterBuilder builder;
  builder.add("w", {2, 2}, {});
  ParameterStore plain = builder.build_zeros(DType::f64, {});
  CHECK_THROWS_WITH(LowRank(plain, {"w"}), Contains("without gradients"));
}

}  // namespace
}  // namespace medley::autograd
