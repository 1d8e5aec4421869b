// The sum: exact in f32 for every instruction set.
#include "kernels/add.h"

#include "kernels/reference/add.h"
#include "tests/ops/cases/add_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("add", "[add]") {
  for (const auto& [n] : cases::add_cases()) {
    const auto a = numbers<float>(n, 1), b = numbers<float>(n, 2);
    for_each_variant([&, n = n](int) {
      Output<float> y(n), accumulated(a);
      kernels::cpu::add(kernels::Add<float>{.n = n, .a = a.data(), .b = b.data(), .y = y.data()});
      kernels::cpu::add(kernels::Add<float>{
          .n = n, .a = accumulated.data(), .b = b.data(), .y = accumulated.data()});
      std::vector<double> values, in_place, expected;
      y.collect(values);
      accumulated.collect(in_place);
      for (size_t i = 0; i < a.size(); ++i) expected.push_back(static_cast<double>(a[i] + b[i]));
      CHECK(values == expected);
      CHECK(in_place == expected);
    });
  }
}

}  // namespace
}  // namespace medley::tests
