// The ops that a small model is put together from, against central differences in f64, and their
// values where no test of a kernel has them.
#include "autograd/gradcheck.h"
#include "autograd/ops/add.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/layout.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/mul.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/sum.h"
#include "core/error.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::Leaf;
using tests::random_tensor;
using Inputs = std::vector<Tensor>;

std::vector<double> values(const Tensor& t) { return t.to_vector<double>(); }

TEST_CASE("gradcheck: slice") {
  const Tensor x = random_tensor({3, 4, 5}, 1);
  for (const int dim : {0, 1, 2, -1})
    gradcheck([dim](const Inputs& in) { return slice(in[0], dim, 1, 3); }, {x});
  gradcheck([](const Inputs& in) { return slice(gelu(in[0]), 1, 2, 2); }, {x});  // nothing
  // Parts that overlap, of a leaf and of a slot of the tape, and the whole beside them.
  gradcheck(
      [](const Inputs& in) {
        const Tensor h = gelu(in[0]);
        const Tensor parts = add(slice(h, 2, 0, 3), slice(h, 2, 2, 5));
        return add(mul(parts, slice(in[0], -1, 1, 4)), slice(mul(h, in[0]), 2, 0, 3));
      },
      {x});
}

TEST_CASE("gradcheck: transpose and contiguous") {
  const Tensor x = random_tensor({3, 4, 5}, 1);
  gradcheck([](const Inputs& in) { return gelu(transpose(in[0], 0, 2)); }, {x});
  gradcheck([](const Inputs& in) { return mul(transpose(in[0], 0, -1), in[1]); },
            {x, random_tensor({5, 4, 3}, 2)});
  Tensor strided = random_tensor({4, 3}, 3).transpose(0, 1);
  const Tensor gradient = Tensor::zeros({3, 4}, DType::f64);
  make_leaf(strided, gradient);
  Tape tape;
  Tensor loss;
  const Tensor weights = random_tensor({3, 4}, 4);
  {
    const Recording recording(tape);
    loss = sum(mul(contiguous(strided), weights));
  }
  tape.backward(loss);
  CHECK(values(gradient) == values(weights));
}

TEST_CASE("slice, transpose and contiguous give copies") {
  const Tensor x = random_tensor({3, 4}, 1);
  CHECK(values(slice(x, 1, 1, 3)) == values(x.slice(1, 1, 3)));
  CHECK(values(transpose(x, 0, 1)) == values(x.transpose(0, 1)));
  CHECK(values(contiguous(x.transpose(0, 1))) == values(x.transpose(0, 1)));
  for (const Tensor& y : {slice(x, 0, 0, 3), transpose(x, 0, 1)}) {
    CHECK(y.is_contiguous());
    CHECK(y.storage() != x.storage());
  }
  CHECK(contiguous(x).storage() == x.storage());
  CHECK_THROWS_AS(slice(x, 0, 2, 4), ShapeError);
  CHECK_THROWS_AS(transpose(x, 0, 2), ShapeError);
}

TEST_CASE("slice: the gradient of a bf16 leaf is in f32") {
  Tensor x = random_tensor({4, 2}, 1, DType::bf16);
  const Tensor gradient = Tensor::zeros({4, 2});
  make_leaf(x, gradient);
  const Tensor dy = random_tensor({4, 1}, 2, DType::bf16);
  Tape tape;
  Tensor y;
  {
    const Recording recording(tape);
    y = slice(x, 1, 1, 2);
  }
  tape.backward({y}, {dy});
  CHECK(values(gradient.slice(1, 1, 2).to(DType::f64)) == values(dy.to(DType::f64)));
  CHECK(values(gradient.slice(1, 0, 1).to(DType::f64)) == std::vector<double>(4, 0));
}

TEST_CASE("gradcheck: mul") {
  const Tensor a = random_tensor({3, 5}, 1), b = random_tensor({3, 5}, 2);
  gradcheck([](const Inputs& in) { return mul(in[0], in[1]); }, {a, b});
  gradcheck([](const Inputs& in) { return mul(in[0], in[0]); }, {a});
  gradcheck([&](const Inputs& in) { return add(mul(a, gelu(in[0])), mul(in[0], b)); }, {b});
  CHECK_THROWS_WITH(mul(a, random_tensor({5, 3}, 2)), Contains("(5, 3)") && Contains("(3, 5)"));
}

TEST_CASE("gradcheck: sum and mean") {
  const Tensor x = random_tensor({3, 4, 5}, 1);
  gradcheck([](const Inputs& in) { return sum(in[0]); }, {x});
  gradcheck([](const Inputs& in) { return mean(mul(in[0], in[0])); }, {x});
  for (const int dim : {0, 1, 2, -1}) {
    gradcheck([dim](const Inputs& in) { return gelu(sum(in[0], dim)); }, {x});
    gradcheck([dim](const Inputs& in) { return add(mean(in[0], dim), sum(in[0], dim)); }, {x});
  }
}

TEST_CASE("sum and mean: values, shapes and errors") {
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  CHECK(sum(x).shape() == Shape{});
  CHECK(sum(x).item() == 21);
  CHECK(mean(x).item() == 3.5);
  CHECK(values(sum(x, 0)) == std::vector<double>{5, 7, 9});
  CHECK(values(mean(x, 1)) == std::vector<double>{2, 5});
  CHECK(sum(Tensor::zeros({0, 3}, DType::f64)).item() == 0);
  CHECK(sum(Tensor::zeros({0, 3}, DType::f64), 0).shape() == Shape{3});
  CHECK_THROWS_WITH(mean(Tensor::zeros({0, 3}, DType::f64), 0), Contains("[mean]"));
  CHECK_THROWS_WITH(sum(x, 2), Contains("(2, 3)") && Contains("dimension 2"));
}

TEST_CASE("gradcheck: softmax") {
  const Tensor x = random_tensor({3, 2, 5}, 1), w = random_tensor({3, 2, 5}, 2);
  gradcheck([](const Inputs& in) { return softmax(in[0]); }, {x});
  gradcheck([](const Inputs& in) { return add(softmax(in[0]), mul(in[0], in[1])); }, {x, w});
  CHECK_THROWS_WITH(softmax(Tensor::zeros({3, 0}, DType::f64)), Contains("(3, 0)"));
}

TEST_CASE("gradcheck: matmul") {
  const Tensor a = random_tensor({4, 3}, 1), b = random_tensor({3, 5}, 2);
  gradcheck([](const Inputs& in) { return matmul(in[0], in[1]); }, {a, b});
  gradcheck([](const Inputs& in) { return matmul(in[0], in[1]); }, {a.view({2, 2, 3}), b});
  gradcheck([](const Inputs& in) { return matmul(in[0], in[1]); },
            {random_tensor({2, 3, 4, 3}, 3), random_tensor({2, 3, 3, 2}, 4)});
  // Attention by hand: one input three times.
  gradcheck(
      [](const Inputs& in) {
        const Tensor scores = matmul(in[0], transpose(in[0], 1, 2));
        return matmul(softmax(scores), in[0]);
      },
      {random_tensor({2, 4, 3}, 5)});
  gradcheck([&](const Inputs& in) { return matmul(in[0], b); }, {a});
  gradcheck([&](const Inputs& in) { return matmul(a, in[0]); }, {b});
}

TEST_CASE("matmul: values, empty matrices and errors") {
  const Tensor a = Tensor::from(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor b = Tensor::from(std::vector<double>{1, 0, 0, 1, 2, 3}, {3, 2});
  CHECK(values(matmul(a, b)) == std::vector<double>{7, 11, 16, 23});
  CHECK(values(matmul(a.view({2, 1, 3}), b.view({3, 2}))) == std::vector<double>{7, 11, 16, 23});
  CHECK(matmul(random_tensor({2, 0, 3}, 1), random_tensor({2, 3, 4}, 2)).shape() == Shape{2, 0, 4});
  Leaf none(random_tensor({2, 0, 3}, 1)), right(random_tensor({2, 3, 4}, 2));
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    loss = sum(matmul(none.tensor, gelu(right.tensor)));
  }
  tape.backward(loss);
  CHECK(values(right.gradient) == std::vector<double>(24, 0));
  CHECK_THROWS_WITH(matmul(a, a), Contains("[matmul]") && Contains("(2, 3)"));
  CHECK_THROWS_AS(matmul(a, random_tensor({1, 3, 2}, 1)), ShapeError);
  CHECK_THROWS_AS(matmul(a, random_tensor({3}, 1)), ShapeError);
  CHECK_THROWS_AS(matmul(random_tensor({2, 0}, 1), random_tensor({0, 2}, 1)), ShapeError);
}

}  // namespace
}  // namespace medley::autograd
