// Inputs that want no gradient: the others get the same ones, bit for bit.
#include <functional>

#include "autograd/ops/add.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/rows.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using tests::ints;
using tests::Leaf;
using tests::random_tensor;
using Inputs = std::vector<Tensor>;
using Op = std::function<Tensor(const Inputs&)>;

// Gradients of the inputs that `wanted` has a bit for; empty for the others. With `computed` they
// reach the op through add(): a slot of the tape, not a leaf's buffer.
std::vector<std::vector<double>> gradients(const Op& op, const Inputs& values, unsigned wanted,
                                           bool computed) {
  std::vector<Leaf> leaves;
  for (const Tensor& v : values) leaves.emplace_back(v);
  Tape tape;
  Tensor y;
  {
    const Recording recording(tape);
    Inputs in;
    for (size_t i = 0; i < values.size(); ++i) {
      const Tensor t = (wanted >> i & 1) != 0 ? leaves[i].tensor : values[i];
      in.push_back(computed ? add(t, t) : t);
    }
    y = op(in);
  }
  tape.backward({y}, {random_tensor(y.shape(), 99)});
  std::vector<std::vector<double>> result;
  for (size_t i = 0; i < values.size(); ++i)
    result.push_back((wanted >> i & 1) != 0 ? leaves[i].gradient.to_vector<double>()
                                            : std::vector<double>());
  return result;
}

void check_every_subset(const Op& op, const Inputs& values) {
  const unsigned all = (1u << values.size()) - 1;
  for (const bool computed : {false, true}) {
    const auto whole = gradients(op, values, all, computed);
    for (unsigned wanted = 1; wanted < all; ++wanted) {
      const auto some = gradients(op, values, wanted, computed);
      for (size_t i = 0; i < values.size(); ++i) {
        INFO("wanted " << wanted << ", input " << i << ", computed " << computed);
        if ((wanted >> i & 1) != 0) CHECK(some[i] == whole[i]);
      }
    }
  }
}

TEST_CASE("wanted: linear") {
  const Inputs in = {random_tensor({5, 3}, 1), random_tensor({4, 3}, 2), random_tensor({4}, 3),
                     random_tensor({5, 4}, 4)};
  for (const bool gelu : {false, true})
    check_every_subset(
        [gelu](const Inputs& t) {
          return linear(t[0], t[1], t[2], {.gelu = gelu, .residual = t[3]});
        },
        in);
}

TEST_CASE("wanted: layernorm") {
  check_every_subset([](const Inputs& t) { return layernorm(t[0], t[1], t[2], 1e-5); },
                     {random_tensor({5, 3}, 1), random_tensor({3}, 2), random_tensor({3}, 3)});
}

TEST_CASE("wanted: embedding and patch_embed") {
  check_every_subset(
      [](const Inputs& t) {
        return embedding(ints({3, 1, 3}), ints({0, 1, 0}), t[0], t[1], t[0].dtype());
      },
      {random_tensor({5, 4}, 1), random_tensor({2, 4}, 2)});
  const Tensor images = random_tensor({2, 3, 4, 4}, 3);
  check_every_subset([&](const Inputs& t) { return patch_embed(images, t[0], t[1], t[2], t[3]); },
                     {random_tensor({5, 3, 2, 2}, 4), random_tensor({5}, 5),
                      random_tensor({1, 1, 5}, 6), random_tensor({1, 5, 5}, 7)});
}

TEST_CASE("wanted: cross-attention, concat_rows") {
  check_every_subset(
      [](const Inputs& t) {
        return cross_attention(t[0], t[1], make_sequences({2, 1}), make_sequences({3, 1}), Tensor(),
                               {.heads = 2, .causal = false, .dropout = {}});
      },
      {random_tensor({3, 4}, 1), random_tensor({4, 8}, 2)});
  check_every_subset(
      [](const Inputs& t) {
        return concat_rows({t[0], t[1], t[0]});
      },
      {random_tensor({3, 4}, 1), random_tensor({0, 4}, 2)});
}

TEST_CASE("wanted: image-text contrastive loss") {
  check_every_subset(
      [](const Inputs& t) {
        ItcInputs in;
        in.image = t[0];
        in.text = t[1];
        in.temp = t[2];
        in.image_momentum = normalize(random_tensor({3, 4}, 5));
        in.text_momentum = normalize(random_tensor({3, 4}, 6));
        constexpr static double kAlpha = 0.4;
        in.alpha = &kAlpha;
        return itc(in).loss;
      },
      {normalize(random_tensor({3, 4}, 1)), normalize(random_tensor({3, 4}, 2)),
       Tensor::from(std::vector<double>{0.3}, {1})});
}

}  // namespace
}  // namespace medley::autograd
