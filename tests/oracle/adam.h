// A recorded run of training steps: its optimizer, its losses, its draws.
#pragma once

#include <functional>
#include <vector>

#include "kernels/adamw.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {

// AdamW as the original sets it: one group, decay on everything.
class Adam {
 public:
  explicit Adam(const autograd::ParameterStore& store)
      : store_(store),
        m_(store.layout(), store.weights.flat().dtype(), {}),
        v_(store.layout(), store.weights.flat().dtype(), {}) {}

  const FlatArena& m() const { return m_; }
  const FlatArena& v() const { return v_; }

  void update(int64_t step, double lr, double decay) {
    if (m_.flat().dtype() == DType::f64)
      run<double>(step, lr, decay);
    else
      run<float>(step, lr, decay);
    store_.weights.flat().bump_version();
  }

 private:
  template <class T>
  void run(int64_t step, double lr, double decay) {
    kernels::cpu::adamw(kernels::AdamW<T>{.n = m_.flat().elements(),
                                          .weight = store_.weights.flat().data<T>(),
                                          .gradient = store_.gradients.flat().data<T>(),
                                          .m = m_.flat().data<T>(),
                                          .v = v_.flat().data<T>(),
                                          .step = step,
                                          .lr = lr,
                                          .decay = decay});
  }

  const autograd::ParameterStore& store_;
  FlatArena m_, v_;
};

// The losses of a recorded run. Fails the test where they would give another alpha than a step had.
models::LossConfig loss_config(const Json& config);

// The first step of an objective up to its gradients. Gives the total loss.
Tensor gradients_of(models::Objective& objective, const models::Batch& batch);

// One step of the recorded run, as the trainer takes it: the recorded draws instead of own ones.
// Gives the losses; `update` runs when the gradients are there.
std::vector<double> take_recorded(models::Contrastive& objective, const models::Batch& batch,
                                  const Json& step, int64_t index,
                                  const std::function<void(const models::BatchResult&)>& update);

}  // namespace medley::oracle
