#include "autograd/recompute.h"

#include "core/error.h"

namespace medley::autograd {
namespace {

struct RecomputeNode final : Node {
  std::function<Tensor(const std::vector<Tensor>&)> fn;
  std::vector<Saved> inputs;

  const char* name() const override { return "recompute"; }
  std::vector<Saved*> saved() override {
    std::vector<Saved*> list;
    for (Saved& s : inputs) list.push_back(&s);
    return list;
  }

  // Runs fn again on a tape of its own. The inputs become leaves with buffers of their own;
  // parameters inside fn are leaves already and accumulate where they always do.
  void backward(Gradients& g) override {
    Tape tape;
    std::vector<Tensor> again, buffers;
    Tensor output;
    {
      const Recording recording(tape);
      for (size_t i = 0; i < inputs.size(); ++i) {
        Tensor t = inputs[i].get().detach(), buffer;
        if (g.wants(static_cast<int>(i))) {
          buffer = Tensor::zeros(t.shape(), t.dtype(), t.device());
          make_leaf(t, buffer, "input");
        }
        again.push_back(t);
        buffers.push_back(buffer);
      }
      output = fn(again);
    }
    tape.backward({output}, {g.out(0)});
    for (size_t i = 0; i < buffers.size(); ++i)
      if (buffers[i].defined()) g.give(static_cast<int>(i), buffers[i]);
  }
};

}  // namespace

Tensor checkpoint(const std::function<Tensor(const std::vector<Tensor>&)>& fn,
                  const std::vector<Tensor>& inputs) {
  Tape* tape = Tape::current();
  Tensor y;
  bool wanted = false;
  {
    const NoGrad no_grad;
    y = fn(inputs).detach();
    wanted = no_grad.left_out();
  }
  if (tape == nullptr || !wanted) return y;
  auto node = std::make_unique<RecomputeNode>();
  node->fn = fn;
  for (const Tensor& t : inputs) {
    node->inputs.emplace_back("input");
    node->inputs.back() = t;
  }
  tape->record(std::move(node), inputs, std::vector<Tensor*>{&y});
  return y;
}

}  // namespace medley::autograd
