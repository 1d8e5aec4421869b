#include "autograd/ops/embedding.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/embedding.h"

namespace medley::autograd {
namespace {

struct EmbeddingNode final : Node {
  Saved ids{"ids"}, positions{"positions"};

  const char* name() const override { return "embedding"; }
  std::vector<Saved*> saved() override { return {&ids, &positions}; }

  void backward(Gradients& g) override {
    const Tensor dy = g.out(0), dword = g.sum(0), dposition = g.sum(1);
    with_float("embedding", dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(
          embedding_backward, dy.device(),
          kernels::EmbeddingBackward<T>{.tokens = dy.size(0),
                                        .n = dy.size(1),
                                        .words = dword.size(0),
                                        .places = dposition.size(0),
                                        .ids = ids.get().template data<int32_t>(),
                                        .positions = positions.get().template data<int32_t>(),
                                        .dy = dy.data<T>(),
                                        .dword = dword.data<kernels::Wide<T>>(),
                                        .dposition = dposition.data<kernels::Wide<T>>()});
    });
  }
};

}  // namespace

Tensor embedding(const Tensor& ids, const Tensor& positions, const Tensor& word,
                 const Tensor& position, DType dtype) {
  check_matrix("embedding", "word", word, 2);
  check_matrix("embedding", "position", position, 2);
  check_same_kind("embedding", word, "position", position);
  if (position.size(1) != word.size(1))
    throw ShapeError(
        str("[embedding] word has shape ", word.shape(), " but position ", position.shape()));
  check_range("embedding", word, "ids", ids, word.size(0));
  check_range("embedding", word, "positions", positions, position.size(0));
  check_shape("embedding", "positions", positions, ids.shape());
  if (wide(dtype) != word.dtype())
    throw DtypeError(str("[embedding] tables are ", word.dtype(), " but the result ", dtype));
  Tensor y = Tensor::empty({ids.size(0), word.size(1)}, dtype, word.device());
  with_float("embedding", dtype, [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(embedding_forward, word.device(),
                  kernels::EmbeddingForward<T>{.tokens = y.size(0),
                                               .n = y.size(1),
                                               .words = word.size(0),
                                               .places = position.size(0),
                                               .ids = ids.data<int32_t>(),
                                               .positions = positions.data<int32_t>(),
                                               .word = word.data<kernels::Wide<T>>(),
                                               .position = position.data<kernels::Wide<T>>(),
                                               .y = y.data<T>()});
  });
  if (Tape* tape = recording({word, position})) {
    auto node = std::make_unique<EmbeddingNode>();
    node->ids = ids;
    node->positions = positions;
    tape->record(std::move(node), {word, position}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
