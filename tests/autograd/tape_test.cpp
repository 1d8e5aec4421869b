// The rules of the tape: what it keeps, what it refuses, what it frees.
#include "autograd/tape.h"

#include <thread>

#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/linear.h"
#include "core/error.h"
#include "core/scope.h"
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
  CHECK_THROWS_WITH(tape.backward(Tensor()), Contains("undefined"));
  CHECK_THROWS_WITH(tape.backward(Tensor::zeros({}, DType::f64)),
                    Contains("not recorded on this tape"));
  CHECK_THROWS_WITH(tape.backward({y}, {random_tensor({3, 2}, 1)}),
                    Contains("(2, 3)") && Contains("(3, 2)"));
  CHECK_THROWS_WITH(tape.backward({y}, {random_tensor({2, 3}, 1, DType::f32)}), Contains("f32"));
  CHECK_THROWS_WITH(tape.backward({y}, {random_tensor({3, 2}, 1).transpose(0, 1)}),
                    Contains("not contiguous"));
  CHECK_THROWS_WITH(tape.backward({y, y}, {y}), Contains("2 roots but 1 gradients"));
  Tape other;
  {
    const Recording recording(other);
    CHECK_THROWS_WITH(gelu(y), Contains("recorded on another tape"));
  }
  tape.backward(loss);
  CHECK_THROWS_WITH(tape.backward(loss), Contains("walked already"));
  {
    const Recording recording(tape);
    CHECK_THROWS_WITH(gelu(x.tensor), Contains("backward has run"));
  }
  CHECK_THROWS_WITH(make_leaf(x.tensor, Tensor::zeros({3, 2}, DType::f64), "x"),
                    Contains("(2, 3)") && Contains("(3, 2)"));
  CHECK_THROWS_WITH(make_leaf(x.tensor, random_tensor({3, 2}, 1).transpose(0, 1), "x"),
                    Contains("not contiguous"));
}

TEST_CASE("tape: recordings nest, and belong to one thread") {
  Leaf x(random_tensor({2, 3}, 1));
  Tape outer, inner;
  {
    const Recording a(outer);
    gelu(x.tensor);
    {
      const Recording b(inner);
      gelu(x.tensor);
      gelu(x.tensor);
      bool alone = false;
      std::thread([&] { alone = Tape::current() == nullptr; }).join();
      CHECK(alone);
    }
    CHECK(Tape::current() == &outer);
    gelu(x.tensor);
  }
  CHECK(Tape::current() == nullptr);
  CHECK(outer.nodes() == 2);
  CHECK(inner.nodes() == 2);
}

TEST_CASE("tape: backward from two roots, one of them twice") {
  Leaf x(random_tensor({2, 3}, 1));
  const Tensor one = Tensor::from(std::vector<double>(6, 1), {2, 3});
  Tape tape;
  Tensor y, z;
  {
    const Recording recording(tape);
    y = add(x.tensor, x.tensor);
    z = add(y, x.tensor);
  }
  tape.backward({y, z, y}, {one, one, one});
  for (const double g : x.gradient.to_vector<double>()) CHECK(g == 7);  // 2 + 3 + 2
  for (const double g : one.to_vector<double>()) CHECK(g == 1);
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

TEST_CASE("tape: a view of a leaf adds to the leaf's gradient") {
  Leaf x(random_tensor({2, 6}, 1));
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    loss = sum_of(add(x.tensor.view({3, 4}), x.tensor.view({3, 4})));
  }
  tape.backward(loss);
  for (const double g : x.gradient.to_vector<double>()) CHECK(g == 2);
}

}  // namespace
}  // namespace medley::autograd
