#include "autograd/ops/layout.h"

#include "autograd/dtype_switch.h"
#include "autograd/ops/cast.h"
#include "autograd/tape.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

// part += dy, where part is a view of any strides.
void add_into(const Tensor& part, const Tensor& dy) {
  const Tensor sum = part.contiguous();
  const Tensor more = cast(dy, sum.dtype());  // a bf16 leaf has a gradient in f32
  with_float("slice", sum.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(
        add, sum.device(),
        kernels::Add<T>{
            .n = sum.elements(), .a = sum.data<T>(), .b = more.data<T>(), .y = sum.data<T>()});
  });
  if (!part.is_contiguous()) part.copy_from(sum);
}

struct SliceNode final : Node {
  int dim = 0;
  int64_t begin = 0, end = 0;

  const char* name() const override { return "slice"; }
  void backward(Gradients& g) override { add_into(g.sum(0).slice(dim, begin, end), g.out(0)); }
};

struct TransposeNode final : Node {
  int a = 0, b = 0;

  const char* name() const override { return "transpose"; }
  void backward(Gradients& g) override { g.give(0, g.out(0).transpose(a, b).contiguous()); }
};

struct ContiguousNode final : Node {
  const char* name() const override { return "contiguous"; }
  void backward(Gradients& g) override { g.give(0, g.out(0)); }
};

}  // namespace

Tensor slice(const Tensor& x, int dim, int64_t begin, int64_t end) {
  Tensor y = x.detach().slice(dim, begin, end).clone();
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<SliceNode>();
    node->dim = dim;
    node->begin = begin;
    node->end = end;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

Tensor transpose(const Tensor& x, int a, int b) {
  Tensor y = x.detach().transpose(a, b).clone();
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<TransposeNode>();
    node->a = a;
    node->b = b;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor y = x.detach().clone();
  if (Tape* tape = recording({x})) tape->record(std::make_unique<ContiguousNode>(), {x}, {&y});
  return y;
}

}  // namespace medley::autograd
