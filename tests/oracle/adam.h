// A recorded run of training steps: its optimizer, its schedule of alpha, its draws.
#pragma once

#include "kernels/adamw.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {

// AdamW as the original sets it: one group, decay on everything.
class Adam {
 public:
  explicit Adam(models::Blip& blip)
      : blip_(blip),
        layout_(blip.weights().layout()),
        m_(layout_, blip.weights().weights.flat().dtype(), {}),
        v_(layout_, blip.weights().weights.flat().dtype(), {}) {}

  const FlatArena& m() const { return m_; }
  const FlatArena& v() const { return v_; }

  void update(int64_t step, double lr, double decay) {
    if (m_.flat().dtype() == DType::f64)
      run<double>(step, lr, decay);
    else
      run<float>(step, lr, decay);
    blip_.weights().weights.flat().bump_version();
  }

 private:
  template <class T>
  void run(int64_t step, double lr, double decay) {
    kernels::cpu::adamw(kernels::AdamW<T>{.n = m_.flat().elements(),
                                          .weight = blip_.weights().weights.flat().data<T>(),
                                          .gradient = blip_.weights().gradients.flat().data<T>(),
                                          .m = m_.flat().data<T>(),
                                          .v = v_.flat().data<T>(),
                                          .step = step,
                                          .lr = lr,
                                          .decay = decay});
  }

  models::Blip& blip_;
  ArenaLayout layout_;
  FlatArena m_, v_;
};

// alpha of each recorded step.
std::vector<double> alphas_of(const Json& steps);
// The losses of a run with these alphas, which rise by the same amount each step.
models::LossConfig loss_config(const Json& config, const std::vector<double>& alphas);
// The draws of a recorded step.
models::BatchInfo info_of(const Json& step, int64_t index);

}  // namespace medley::oracle
