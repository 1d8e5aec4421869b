// What a tape keeps, in bytes; what it prints; when it lets go; recompute.
#include <sstream>

#include "autograd/ops/add.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/recompute.h"
#include "core/allocator.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/threads.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::ints;
using tests::Leaf;
using tests::random_tensor;

// Bytes that one op keeps when its input is on the tape; x itself is a view of a leaf.
template <class F>
size_t kept_by(const Tensor& value, const F& op) {
  const Leaf x(value);
  Tape tape;
  const Recording recording(tape);
  op(x.tensor);
  return tape.saved_bytes();
}

TEST_CASE("saved bytes: each op keeps what its backward needs, and the leaves are not counted") {
  const Tensor x = random_tensor({4, 12}, 1);
  Leaf w(random_tensor({8, 12}, 2)), row(random_tensor({12}, 3));
  constexpr size_t kDouble = sizeof(double);
  CHECK(kept_by(x, [](const Tensor& t) { gelu(t); }) == 0);
  CHECK(kept_by(x, [](const Tensor& t) { gelu(gelu(t)); }) == 4 * 12 * kDouble);
  CHECK(kept_by(x, [&](const Tensor& t) { linear(t, w.tensor, Tensor()); }) == 0);
  CHECK(kept_by(x, [&](const Tensor& t) {
          linear(t, w.tensor, Tensor(), {.gelu = true, .residual = {}});
        }) == 4 * 8 * kDouble);  // before GELU
  CHECK(kept_by(x, [&](const Tensor& t) { layernorm(t, row.tensor, row.tensor, 1e-6); }) ==
        2 * 4 * kDouble);  // mean, rstd
  CHECK(kept_by(x, [](const Tensor& t) { normalize(t); }) == (4 * 12 + 4) * kDouble);
  CHECK(kept_by(x, [](const Tensor& t) {
          self_attention(t, make_sequences({1, 3}), {.heads = 2, .causal = false, .dropout = {}});
        }) == (4 * 4 + 2 * 4) * kDouble);  // o, lse
  CHECK(kept_by(x, [](const Tensor& t) {
          cross_entropy(t, ints({1, 2, 3, 4}));
        }) == 4 * kDouble + 4 * sizeof(int32_t));  // lse, targets
}

TEST_CASE("saved bytes: storage that two ops keep counts once") {
  const Tensor x = random_tensor({4, 12}, 1);
  CHECK(kept_by(x, [](const Tensor& t) {
          const Tensor h = gelu(t);
          gelu(h);
          gelu(h.view({48}));
        }) == 4 * 12 * sizeof(double));
}

TEST_CASE("print: a table with a line an op") {
  Leaf x(random_tensor({4, 8}, 1)), w(random_tensor({8, 8}, 2));
  Tape tape;
  {
    const Recording recording(tape);
    const Scope scope("head");
    gelu(linear(x.tensor, w.tensor, Tensor(), {.gelu = true, .residual = {}}));
  }
  std::ostringstream out;
  tape.print(out);
  CHECK(out.str() ==
        "op      output  bytes saved  in    saved\n"
        "linear  (4, 8)          256  head  x (4, 8), weight (8, 8), pre_activation (4, 8)\n"
        "gelu    (4, 8)          256  head  x (4, 8)\n"
        "2 ops, 512 bytes saved\n");
}

TEST_CASE("tape: what was saved is freed as the walk passes it") {
  Leaf x(random_tensor({64, 64}, 1));
  const size_t before = memory_stats({}).live;
  Tape tape;
  Tensor h = x.tensor;
  {
    const Recording recording(tape);
    for (int i = 0; i < 8; ++i) h = gelu(h);
  }
  const size_t kept = memory_stats({}).live - before;
  reset_peak_memory({});
  const Tensor seed = Tensor::zeros(h.shape(), h.dtype());
  tape.backward({h}, {seed});
  // No more than the forward pass, the seed and the one gradient that is being made.
  CHECK(memory_stats({}).peak <= before + kept + 2 * seed.bytes());
  CHECK(memory_stats({}).live == before + 2 * seed.bytes());  // h and the seed
}

TEST_CASE("recompute: the same bits, fewer bytes") {
  const auto run = [](bool recompute, size_t& bytes) {
    set_thread_count(2);
    Leaf x(random_tensor({16, 8}, 1, DType::f32)), w(random_tensor({8, 8}, 2, DType::f32));
    const auto block = [&](const std::vector<Tensor>& in) {
      return linear(gelu(linear(in[0], w.tensor, Tensor(), {.gelu = true, .residual = {}})),
                    w.tensor, Tensor(), {.gelu = false, .residual = in[0]});
    };
    Tape tape;
    Tensor h = x.tensor;
    {
      const Recording recording(tape);
      for (int i = 0; i < 4; ++i) h = recompute ? checkpoint(block, {h}) : block({h});
    }
    bytes = tape.saved_bytes();
    tape.backward({h}, {random_tensor({16, 8}, 3, DType::f32)});
    std::vector<float> all = x.gradient.to_vector<float>();
    for (const float g : w.gradient.to_vector<float>()) all.push_back(g);
    return all;
  };
  size_t plain = 0, less = 0;
  CHECK(run(false, plain) == run(true, less));
  CHECK(less * 2 < plain);
}

TEST_CASE("recompute: what is wrong inside is named") {
  Leaf x(random_tensor({2, 3}, 1));
  Tape tape;
  Tensor outside, y;
  {
    const Recording recording(tape);
    outside = gelu(x.tensor);
    // A tensor of the outer tape must come in through the inputs.
    y = checkpoint([&](const std::vector<Tensor>& in) { return add(in[0], outside); }, {x.tensor});
  }
  CHECK_THROWS_WITH(tape.backward({y}, {random_tensor({2, 3}, 2)}),
                    Contains("recorded on another tape"));
}

}  // namespace
}  // namespace medley::autograd
