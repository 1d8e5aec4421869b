// The rules of the tape: what it keeps, what it refuses, what it frees.
#include "autograd/tape.h"

#include <sstream>

#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/rows.h"
#include "autograd/recompute.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/threads.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::Leaf;
using tests::random_tensor;

Tensor sum_of(const Tensor& x) {  // one element that depends on all of x
  const Tensor ones =
      Tensor::from(std::vector<double>(static_cast<size_t>(x.elements()), 1), {1, x.elements()});
  return linear(x.view({1, x.elements()}), ones, Tensor());
}

TEST_CASE("tape: gradients add up over uses and over passes") {
  Leaf x(random_tensor({2, 3}, 1));
  for (int pass = 1; pass <= 2; ++pass) {
    Tape tape;
    Tensor loss;
    {
      const Recording recording(tape);
      loss = sum_of(add(x.tensor, x.tensor));
    }
    tape.backward(loss, 0.5);
    for (const double g : x.gradient.to_vector<double>()) CHECK(g == pass * 1.0);
  }
}

TEST_CASE("tape: a shared gradient is copied before anything is added to it") {
  Leaf a(random_tensor({2, 2}, 1)), b(random_tensor({2, 2}, 2));
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    const Tensor h = gelu(a.tensor), g = gelu(b.tensor);
    // add() hands one buffer to h and g; h then gets a second part that must not reach g.
    loss = sum_of(add(add(h, g), h));
  }
  tape.backward(loss);
  Leaf alone(b.tensor.detach());
  Tape second;
  {
    const Recording recording(second);
    loss = sum_of(gelu(alone.tensor));
  }
  second.backward(loss);
  CHECK(b.gradient.to_vector<double>() == alone.gradient.to_vector<double>());
}

TEST_CASE("tape: misuse is refused in words") {
  Leaf x(random_tensor({2, 3}, 1));
  Tape tape;
  Tensor y, loss;
  {
    const Recording recording(tape);
    y = gelu(x.tensor);
    loss = sum_of(y);
  }
  CHECK_THROWS_WITH(tape.backward(y), Contains("not one element"));
  CHECK_THROWS_WITH(tape.backward(Tensor::zeros({}, DType::f64)),
                    Contains("not recorded on this tape"));
  Tape other;
  {
    const Recording recording(other);
    CHECK_THROWS_WITH(gelu(y), Contains("recorded on another tape"));
  }
  tape.backward(loss);
  CHECK_THROWS_WITH(tape.backward(loss), Contains("walked already"));
}

TEST_CASE("tape: writing to a saved tensor is an error, not a wrong gradient") {
  Leaf x(random_tensor({2, 3}, 1));
  Tape tape;
  Tensor loss;
  {
    const Scope scope("block", 3);
    const Recording recording(tape);
    loss = sum_of(gelu(x.tensor));
  }
  x.tensor.fill_zero();
  CHECK_THROWS_WITH(tape.backward(loss), Contains("[gelu]") && Contains("'x'") &&
                                             Contains("written in place") && Contains("block[3]"));
}

TEST_CASE("tape: logits belong to cross_entropy alone") {
  Leaf x(random_tensor({2, 3}, 1));
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    const Tensor logits = add(x.tensor, x.tensor);
    const Tensor other = sum_of(gelu(logits));
    const Tensor targets = tests::ints({0, 2});
    loss = add(cross_entropy(logits, targets).view({1, 1}), other);
  }
  CHECK_THROWS_WITH(tape.backward(loss), Contains("written in place"));
}

TEST_CASE("tape: nothing is recorded without a tape, a leaf, or under NoGrad") {
  Leaf x(random_tensor({2, 3}, 1));
  CHECK(gelu(x.tensor).link() == nullptr);
  Tape tape;
  const Recording recording(tape);
  CHECK(gelu(x.tensor.detach()).link() == nullptr);
  {
    const NoGrad no_grad;
    CHECK(gelu(x.tensor).link() == nullptr);
  }
  CHECK(tape.nodes() == 0);
  CHECK(gelu(x.tensor).link() != nullptr);
  CHECK(tape.nodes() == 1);
}

TEST_CASE("tape: saved bytes and print") {
  Leaf x(random_tensor({4, 8}, 1)), w(random_tensor({8, 8}, 2));
  Tape tape;
  {
    const Recording recording(tape);
    const Scope scope("head");
    gelu(gelu(linear(x.tensor, w.tensor, Tensor())));
  }
  // The two gelu inputs, 4 x 8 doubles each (the allocator rounds up to 512); leaves are not
  // counted.
  CHECK(tape.saved_bytes() == 2 * 4 * 8 * sizeof(double));
  std::ostringstream out;
  tape.print(out);
  CHECK_THAT(out.str(), Contains("linear") && Contains("gelu") && Contains("(4, 8)") &&
                            Contains("head") && Contains("3 ops"));
}

TEST_CASE("tape: a view shares the gradient of what it views") {
  Leaf x(random_tensor({2, 6}, 1));
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    const Tensor h = gelu(x.tensor);
    loss = sum_of(add(h.view({3, 4}), h.view({3, 4})));
  }
  tape.backward(loss);
  Leaf y(x.tensor.detach());
  Tape second;
  {
    const Recording recording(second);
    const Tensor h = gelu(y.tensor);
    loss = sum_of(add(h, h));
  }
  second.backward(loss);
  CHECK(x.gradient.to_vector<double>() == y.gradient.to_vector<double>());
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

}  // namespace
}  // namespace medley::autograd
