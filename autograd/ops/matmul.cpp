#include "autograd/ops/matmul.h"

#include <type_traits>

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/flops.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/linear.h"

namespace medley::autograd {
namespace {

struct Sizes {
  int64_t batch = 1, m = 0, n = 0, k = 0;
};

// A matrix [rows, columns], stored row by row, or stored as [columns, rows] and read transposed.
struct Operand {
  Tensor tensor;
  bool transposed;
};

// c[batch, m, n] (+)= a[batch, m, k] b[batch, k, n]. The gradient of a bf16 leaf is f32.
template <class T, class Out = T>
void product(const Sizes& s, const Operand& a, const Operand& b, const Tensor& c, bool accumulate) {
  if constexpr (!std::is_same_v<kernels::Wide<T>, Out>)
    if (c.dtype() != kDTypeOf<T>) return product<T, kernels::Wide<T>>(s, a, b, c, accumulate);
  const T *from = a.tensor.data<T>(), *by = b.tensor.data<T>();
  Out* to = c.data<Out>();
  for (int64_t i = 0; i < s.batch; ++i) {
    count_flops(2 * s.m * s.n * s.k);
    const kernels::Gemm<T, Out> args{.m = s.m,
                                     .n = s.n,
                                     .k = s.k,
                                     .a = from + i * s.m * s.k,
                                     .a_row = a.transposed ? 1 : s.k,
                                     .a_col = a.transposed ? s.m : 1,
                                     .b = by + i * s.k * s.n,
                                     .b_row = b.transposed ? 1 : s.n,
                                     .b_col = b.transposed ? s.k : 1,
                                     .c = to + i * s.m * s.n,
                                     .ldc = s.n,
                                     .accumulate = accumulate};
    MEDLEY_KERNEL(gemm, c.device(), args);
  }
}

// da = dc b^T,  db = a^T dc.
struct MatmulNode final : Node {
  Saved a{"a"}, b{"b"};
  Sizes s;

  const char* name() const override { return "matmul"; }
  std::vector<Saved*> saved() override { return {&a, &b}; }

  void backward(Gradients& g) override {
    const Tensor dc = g.out(0);
    with_float("matmul", dc.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if (g.wants(0)) {
        const auto da = g.in(0);
        product<T>({s.batch, s.m, s.k, s.n}, {dc, false}, {b.get(), true}, da.tensor,
                   da.accumulate);
      }
      if (g.wants(1)) {
        const auto db = g.in(1);
        product<T>({s.batch, s.k, s.n, s.m}, {a.get(), true}, {dc, false}, db.tensor,
                   db.accumulate);
      }
    });
  }
};

Sizes sizes_of(const Tensor& a, const Tensor& b) {
  check_shape("matmul", "a", a, a.shape());
  check_operand("matmul", a, "b", b, b.shape());
  const auto refuse = [&](const char* why) {
    throw ShapeError(str("[matmul] a has shape ", a.shape(), " and b ", b.shape(), ": ", why));
  };
  if (a.rank() < 2 || b.rank() < 2) refuse("both need rows and columns");
  const int64_t k = a.size(-1), n = b.size(-1);
  if (b.size(-2) != k) refuse("the columns of a are not the rows of b");
  if (k == 0) refuse("nothing to sum over");
  if (b.rank() == 2) return {1, a.elements() / k, n, k};
  Sizes s{1, a.size(-2), n, k};
  bool same = a.rank() == b.rank();
  for (int d = 0; same && d < a.rank() - 2; ++d) {
    same = a.size(d) == b.size(d);
    s.batch *= a.size(d);
  }
  if (!same) refuse("they are not the same number of matrices");
  return s;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  const Sizes s = sizes_of(a, b);
  Shape shape = a.shape();
  shape[-1] = s.n;
  Tensor c = Tensor::empty(shape, a.dtype(), a.device());
  with_float("matmul", a.dtype(), [&](auto zero) {
    product<decltype(zero)>(s, {a, false}, {b, false}, c, false);
  });
  if (Tape* tape = recording({a, b})) {
    auto node = std::make_unique<MatmulNode>();
    node->a = a;
    node->b = b;
    node->s = s;
    tape->record(std::move(node), {a, b}, {&c});
  }
  return c;
}

}  // namespace medley::autograd
