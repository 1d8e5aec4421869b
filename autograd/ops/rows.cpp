#include "autograd/ops/rows.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/gather.h"

namespace medley::autograd {
namespace {

// The gradient of the whole is assembled from those of the runs; a run that nothing used gives
// zeros.
struct SplitRowsNode final : Node {
  std::vector<int64_t> sizes;
  Shape shape;
  DType dtype = DType::f32;
  Device device;

  const char* name() const override { return "split_rows"; }
  void backward(Gradients& g) override {
    const Tensor dx = Tensor::empty(shape, dtype, device);
    int64_t row = 0;
    for (size_t i = 0; i < sizes.size(); row += sizes[i], ++i) {
      const Tensor part = dx.slice(0, row, row + sizes[i]), dy = g.out(static_cast<int>(i));
      if (dy.defined())
        part.copy_from(dy);
      else
        part.fill_zero();
    }
    g.give(0, dx);
  }
};

struct ConcatRowsNode final : Node {
  std::vector<int64_t> sizes;

  const char* name() const override { return "concat_rows"; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    int64_t row = 0;
    for (size_t i = 0; i < sizes.size(); row += sizes[i], ++i)
      if (g.wants(static_cast<int>(i)))
        g.give(static_cast<int>(i), dy.slice(0, row, row + sizes[i]));
  }
};

struct GatherRowsNode final : Node {
  Saved index{"index"};

  const char* name() const override { return "gather_rows"; }
  std::vector<Saved*> saved() override { return {&index}; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    const Tensor dx = g.sum(0);
    with_float("gather_rows", dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(gather_backward, dy.device(),
                    kernels::GatherBackward<T>{.count = dy.size(0),
                                               .n = dy.size(1),
                                               .rows = dx.size(0),
                                               .index = index.get().template data<int32_t>(),
                                               .dy = dy.data<T>(),
                                               .dx = dx.data<T>()});
    });
  }
};

}  // namespace

std::vector<Tensor> split_rows(const Tensor& x, const std::vector<int64_t>& sizes) {
  check_matrix("split_rows", "x", x, 2);
  std::vector<Tensor> parts;
  int64_t row = 0;
  for (const int64_t size : sizes) {
    if (size < 0 || row + size > x.size(0))
      throw ShapeError(
          str("[split_rows] a run of ", size, " rows at row ", row, " of ", x.shape()));
    parts.push_back(x.detach().slice(0, row, row + size));
    row += size;
  }
  if (row != x.size(0))
    throw ShapeError(str("[split_rows] runs add up to ", row, " rows of ", x.shape()));
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<SplitRowsNode>();
    node->sizes = sizes;
    node->shape = x.shape();
    node->dtype = x.dtype();
    node->device = x.device();
    std::vector<Tensor*> outputs;
    for (Tensor& part : parts) outputs.push_back(&part);
    tape->record(std::move(node), std::vector<Tensor>{x}, outputs);
  }
  return parts;
}

Tensor concat_rows(const std::vector<Tensor>& parts) {
  if (parts.empty()) throw ShapeError("[concat_rows] nothing to put together");
  std::vector<int64_t> sizes;
  int64_t rows = 0;
  for (const Tensor& part : parts) {
    check_matrix("concat_rows", "part", part, 2);
    check_same_kind("concat_rows", parts.front(), "part", part);
    if (part.size(1) != parts.front().size(1))
      throw ShapeError(
          str("[concat_rows] parts have shapes ", parts.front().shape(), " and ", part.shape()));
    sizes.push_back(part.size(0));
    rows += part.size(0);
  }
  Tensor y =
      Tensor::empty({rows, parts.front().size(1)}, parts.front().dtype(), parts.front().device());
  int64_t row = 0;
  for (const Tensor& part : parts) {
    y.slice(0, row, row + part.size(0)).copy_from(part.detach());
    row += part.size(0);
  }
  if (Tape* tape = recording(parts)) {
    auto node = std::make_unique<ConcatRowsNode>();
    node->sizes = std::move(sizes);
    tape->record(std::move(node), parts, std::vector<Tensor*>{&y});
  }
  return y;
}

Tensor gather_rows(const Tensor& x, const Tensor& index) {
  check_matrix("gather_rows", "x", x, 2);
  check_range("gather_rows", x, "index", index, x.size(0));
  Tensor y = Tensor::empty({index.size(0), x.size(1)}, x.dtype(), x.device());
  with_float("gather_rows", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(gather_forward, x.device(),
                  kernels::GatherForward<T>{.count = y.size(0),
                                            .n = y.size(1),
                                            .rows = x.size(0),
                                            .index = index.data<int32_t>(),
                                            .x = x.data<T>(),
                                            .y = y.data<T>()});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<GatherRowsNode>();
    node->index = index;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
