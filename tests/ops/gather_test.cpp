// Rows picked by index, with repeats, and their gradient.
#include "kernels/gather.h"

#include "kernels/reference/gather.h"
#include "tests/ops/cases/gather_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

constexpr int64_t kRows = 13;

template <class T>
Outputs run(const cases::GatherCase& c, void (*forward)(const kernels::GatherForward<T>&),
            void (*backward)(const kernels::GatherBackward<T>&)) {
  std::vector<int32_t> index;
  for (int64_t i = 0; i < c.count; ++i) index.push_back(static_cast<int32_t>(i * i % kRows));
  const auto x = numbers<T>(kRows * c.n, 1), dy = numbers<T>(c.count * c.n, 2);
  Output<T> y(c.count * c.n), dx(numbers<T>(kRows * c.n, 3));
  forward({.count = c.count, .n = c.n, .index = index.data(), .x = x.data(), .y = y.data()});
  backward({.count = c.count, .n = c.n, .index = index.data(), .dy = dy.data(), .dx = dx.data()});
  Outputs all;
  y.collect(all);
  dx.collect(all);
  return all;
}

TEST_CASE("gather", "[gather]") {
  for (const cases::GatherCase& c : cases::gather_cases()) {
    CAPTURE(c.count, c.n);
    check_kernel(
        [&] { return run<float>(c, kernels::cpu::gather_forward, kernels::cpu::gather_backward); },
        [&] {
          return run<float>(c, kernels::reference::gather_forward<float>,
                            kernels::reference::gather_backward<float>);
        },
        [&] { return run<double>(c, kernels::cpu::gather_forward, kernels::cpu::gather_backward); },
        2);
  }
}

}  // namespace
}  // namespace medley::tests
