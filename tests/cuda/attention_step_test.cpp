// Dropout of attention at a step that lies in device memory, as captured steps have it.
#include "tests/cuda/attention_backward_problem.h"

namespace medley::tests {
namespace {

template <class T>
void check_step(int64_t head_dim) {
  const AttentionProblem problem =
      rounded_to<T>(AttentionProblem({"", {37, 50}, {40, 64}, {}, 2, head_dim, false, 0.4f}));
  DeviceForward<T> forward(problem);
  DeviceBackward<T> backward(problem, exact_forward(problem));
  const auto check = [&](const auto& kernels, auto& device, const auto& why_not) {
    const DeviceBuffer<uint64_t> first(std::vector<uint64_t>{0}), later(std::vector<uint64_t>{1});
    for (const auto kernel : kernels) {
      if (why_not(kernel) != nullptr) continue;
      INFO(kernels::cuda::name_of(kernel) << ", head dim " << head_dim);
      const auto right = device.run(kernel);
      device.args.shape.dropout.step = first.data();
      CHECK(device.run(kernel) == right);
      device.args.shape.dropout.step = later.data();
      CHECK_FALSE(device.run(kernel) == right);
      device.args.shape.dropout.step = nullptr;
    }
  };
  using enum ForwardKernel;
  check(std::vector{naive, tiled, streamed, resident}, forward,
        [&](ForwardKernel kernel) { return kernels::cuda::why_not(forward.args, kernel); });
  check(std::vector{BackwardKernel::naive, BackwardKernel::tiled, BackwardKernel::single_pass,
                    BackwardKernel::key_steps},
        backward, [&](BackwardKernel kernel) { return backward.why_not(kernel); });
}

TEST_CASE("attention: dropout at the step in device memory", "[attention]") {
  if (no_device()) return;
  for (const int64_t head_dim : {32, 64, 128}) {
    check_step<float>(head_dim);
    check_step<bf16>(head_dim);
  }
}

}  // namespace
}  // namespace medley::tests
