// Attention against central differences in f64: causal, cross, kv_index, dropout, empty sequences.
#include "autograd/gradcheck.h"
#include "autograd/ops/attention.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using tests::ints;
using tests::random_tensor;
using Inputs = std::vector<Tensor>;

constexpr kernels::DropoutKey kDropped{.p = 0.25f, .seed = 3, .site = 4};

TEST_CASE("gradcheck: self-attention") {
  struct Case {
    std::vector<int32_t> lengths;
    int64_t heads, width;
  };
  for (const Case& c : {Case{{3, 1, 4}, 2, 6}, Case{{1}, 1, 1}, Case{{0, 5, 0}, 3, 3}}) {
    const Sequences rows = make_sequences(c.lengths);
    const int64_t n = rows.cu.to_vector<int32_t>().back();
    for (const bool causal : {false, true})
      for (const auto& dropout : {kernels::DropoutKey{}, kDropped})
        gradcheck(
            [&](const Inputs& in) {
              return self_attention(in[0], rows,
                                    {.heads = c.heads, .causal = causal, .dropout = dropout});
            },
            {random_tensor({n, 3 * c.width}, 1)});
  }
}

TEST_CASE("gradcheck: cross-attention with shared, repeated and unused images") {
  const Sequences texts = make_sequences({2, 3, 1}), images = uniform_sequences(3, 4);
  const Tensor q = random_tensor({6, 8}, 1), kv = random_tensor({12, 16}, 2);
  for (const Tensor& index : {ints({2, 0, 2}), ints({1, 1, 1}), Tensor()})
    for (const auto& dropout : {kernels::DropoutKey{}, kDropped})
      gradcheck(
          [&](const Inputs& in) {
            return cross_attention(in[0], in[1], texts, images, index,
                                   {.heads = 2, .causal = false, .dropout = dropout});
          },
          {q, kv});
}

TEST_CASE("gradcheck: causal cross-attention, aligned at the bottom right") {
  // More keys than queries (a cache), as many, and fewer: then the first rows see nothing.
  const Sequences texts = make_sequences({2, 3, 4}), keys = make_sequences({5, 3, 2});
  const auto attend = [&](const Inputs& in) {
    return cross_attention(in[0], in[1], texts, keys, Tensor(),
                           {.heads = 2, .causal = true, .dropout = {}});
  };
  const Tensor q = random_tensor({9, 4}, 1), kv = random_tensor({10, 8}, 2);
  gradcheck(attend, {q, kv});
  const Tensor o = attend({q, kv});
  for (int64_t row = 5; row < 7; ++row)
    for (int64_t c = 0; c < 4; ++c) CHECK(o.data<double>()[row * 4 + c] == 0);
}

}  // namespace
}  // namespace medley::autograd
