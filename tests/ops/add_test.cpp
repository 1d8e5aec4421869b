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
      const float times = 0.75f;
      Output<float> y(n), accumulated(a), half(n), scaled(n), both(a);
      kernels::cpu::add(kernels::Add<float>{.n = n, .a = a.data(), .b = b.data(), .y = y.data()});
      kernels::cpu::add(kernels::Add<float>{
          .n = n, .a = accumulated.data(), .b = b.data(), .y = accumulated.data()});
      kernels::cpu::add(kernels::Add<float>{
          .n = n, .a = a.data(), .b = b.data(), .y = half.data(), .factor = 0.5f});
      kernels::cpu::add(kernels::Add<float>{
          .n = n, .a = a.data(), .b = nullptr, .y = scaled.data(), .factor = 3});
      kernels::cpu::add(kernels::Add<float>{
          .n = n, .a = both.data(), .b = b.data(), .y = both.data(), .factor = 2, .times = &times});
      std::vector<double> values, in_place, halves, products, expected, half_sums, triples;
      std::vector<double> twice, factored;
      both.collect(twice);
      y.collect(values);
      accumulated.collect(in_place);
      half.collect(halves);
      scaled.collect(products);
      for (size_t i = 0; i < a.size(); ++i) {
        expected.push_back(static_cast<double>(a[i] + b[i]));
        half_sums.push_back(static_cast<double>(0.5f * (a[i] + b[i])));
        triples.push_back(static_cast<double>(3 * a[i]));
        factored.push_back(static_cast<double>(1.5f * (a[i] + b[i])));
      }
      CHECK(halves == half_sums);
      CHECK(products == triples);
      CHECK(twice == factored);
      CHECK(values == expected);
      CHECK(in_place == expected);
    });
  }
}

}  // namespace
}  // namespace medley::tests
