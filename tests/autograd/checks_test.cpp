// Messages of the ops: both shapes, the element, the way out.
#include "autograd/ops/attention.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/flops.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::ints;
using tests::random_tensor;

TEST_CASE("ops name what does not fit") {
  const Tensor x = random_tensor({2, 6}, 1);
  CHECK_THROWS_WITH(linear(x, random_tensor({3, 5}, 2), Tensor()),
                    Contains("(2, 6)") && Contains("(3, 5)"));
  CHECK_THROWS_WITH(layernorm(x, random_tensor({5}, 2), random_tensor({6}, 3), 1e-6),
                    Contains("weight") && Contains("(5)"));
  CHECK_THROWS_AS(linear(x, random_tensor({3, 6}, 2, DType::f32), Tensor()), DtypeError);
  CHECK_THROWS_WITH(
      self_attention(x, make_sequences({1, 1}), {.heads = 4, .causal = false, .dropout = {}}),
      Contains("2") && Contains("4 heads"));
  CHECK_THROWS_WITH(
      self_attention(x, make_sequences({1, 2}), {.heads = 1, .causal = false, .dropout = {}}),
      Contains("ends at 3") && Contains("2 rows"));
  CHECK_THROWS_WITH(embedding(ints({9}), ints({0}), x, x, x.dtype()), Contains("ids[0] is 9"));
  CHECK_THROWS_WITH(gather_rows(x, ints({0, -1})), Contains("index[1] is -1"));
  CHECK_THROWS_WITH(cross_entropy(x, ints({0, 6})), Contains("targets[1] is 6"));
  CHECK_THROWS_WITH(split_rows(x, {1, 2}), Contains("(2, 6)"));
  CHECK_THROWS_WITH(
      patch_embed(random_tensor({1, 3, 5, 5}, 1), random_tensor({4, 3, 2, 2}, 2),
                  random_tensor({4}, 3), random_tensor({4}, 4), random_tensor({5, 4}, 5)),
      Contains("5 pixels") && Contains("multiple"));
}

TEST_CASE("ops refuse a gradient that they would lose") {
  const tests::Leaf x(random_tensor({2, 6}, 1)), images(random_tensor({1, 3, 4, 4}, 2));
  const tests::Leaf weights(random_tensor({2}, 3));
  const Tensor patch = random_tensor({5, 3, 2, 2}, 4), bias = random_tensor({5}, 5);
  const Tensor cls = random_tensor({1, 1, 5}, 6), pos = random_tensor({1, 5, 5}, 7);
  const auto loss = [&] { return cross_entropy(x.tensor, ints({0, 1}), 0, weights.tensor); };
  const auto rows = [&] { return cross_entropy_rows(x.tensor, ints({0, 1})); };
  const auto patches = [&] { return patch_embed(images.tensor, patch, bias, cls, pos); };
  const auto contrast = [&] {
    ItcInputs in;
    in.image = in.text = in.text_momentum = normalize(x.tensor);
    in.image_momentum = in.image.detach();
    in.temp = Tensor::from(std::vector<double>{1}, {1});
    return itc(in).loss;
  };
  CHECK_NOTHROW((loss(), rows(), patches(), contrast()));
  Tape tape;
  const Recording recording(tape);
  CHECK_THROWS_WITH(loss(), Contains("[cross_entropy] weights (2) f64") && Contains("detach()"));
  CHECK_THROWS_WITH(rows(), Contains("[cross_entropy_rows] logits"));
  CHECK_THROWS_WITH(patches(), Contains("[patch_embed] images"));
  CHECK_THROWS_WITH(contrast(), Contains("[itc] text_momentum"));
}

TEST_CASE("ops refuse other devices and types, layouts, and a dropout of everything") {
  const Tensor x = random_tensor({2, 6}, 1), w = random_tensor({3, 6}, 2);
  const Device meta{Device::Meta, 0};
  CHECK_THROWS_AS(linear(x, w, Tensor::empty({3}, DType::f64, meta)), DeviceError);
  CHECK_THROWS_AS(linear(x, w, random_tensor({3}, 1, DType::f32)), DtypeError);
  CHECK_THROWS_AS(linear(x, random_tensor({3, 0}, 1), Tensor()), ShapeError);
  CHECK_THROWS_AS(gather_rows(x, ints({0}).to(meta)), DeviceError);
  CHECK_THROWS_AS(gather_rows(x, Tensor::from(std::vector<int64_t>{0}, {1})), DtypeError);
  CHECK_THROWS_AS(gelu(ints({1, 2})), DtypeError);
  CHECK_THROWS_WITH(linear(x.view({6, 2}).transpose(0, 1), w, Tensor()),
                    Contains("not contiguous") && Contains("contiguous()"));
  CHECK_THROWS_WITH(dropout(x, {.p = 1, .seed = 0, .site = 0}), Contains("[0, 1)"));
  CHECK_THROWS_WITH(
      self_attention(x, make_sequences({2}),
                     {.heads = 1, .causal = false, .dropout = {.p = -0.5f, .seed = 0, .site = 0}}),
      Contains("-0.5"));
}

TEST_CASE("cross-attention refuses images that are not there") {
  const Tensor q = random_tensor({2, 4}, 1), kv = random_tensor({3, 8}, 2);
  const AttentionOptions options{.heads = 1, .causal = false, .dropout = {}};
  CHECK_THROWS_WITH(
      cross_attention(q, kv, make_sequences({1, 1}), make_sequences({3}), ints({0, 1}), options),
      Contains("kv_index[1] is 1"));
  CHECK_THROWS_WITH(
      cross_attention(q, kv, make_sequences({1, 1}), make_sequences({3}), Tensor(), options),
      Contains("kv_index"));
}

TEST_CASE("Meta: shapes and FLOPs without memory") {
  const Device meta{Device::Meta, 0};
  reset_flops();
  const Tensor x = Tensor::empty({1000, 768}, DType::f32, meta),
               w = Tensor::empty({3072, 768}, DType::f32, meta);
  const Tensor y = linear(x, w, Tensor());
  CHECK(y.shape() == Shape{1000, 3072});
  CHECK(y.raw() == nullptr);
  CHECK(flops_counted() == 2LL * 1000 * 768 * 3072);
}

}  // namespace
}  // namespace medley::autograd
