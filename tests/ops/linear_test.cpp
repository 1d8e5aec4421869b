// Matrix product: every layout, epilogue, instruction set (portable is Eigen) and thread count
// against f64.
#include "kernels/linear.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <vector>

#include "kernels/reference/linear.h"
#include "tests/ops/cases/linear_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::ColumnSum;
using kernels::Gemm;

enum class Layout { nn, nt, tn };

struct Epilogue {
  bool bias = false, gelu = false, keep = false, gelu_input = false, residual = false,
       accumulate = false;
};

// A matrix whose rows are `columns` numbers and a gap that nobody may use.
constexpr int64_t kGap = 3;
template <class T>
std::vector<T> matrix(int64_t rows, int64_t columns, uint32_t sample, T gap, double scale = 1) {
  auto x = numbers<T>(rows * (columns + kGap), sample, scale);
  for (int64_t i = 0; i < rows; ++i)
    std::fill_n(x.begin() + i * (columns + kGap) + columns, kGap, gap);
  return x;
}

template <class T>
std::vector<double> run(const cases::LinearCase& c, Layout layout, const Epilogue& e,
                        void (*op)(const Gemm<T>&)) {
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  const bool tn = layout == Layout::tn, nt = layout == Layout::nt;
  const auto a = tn ? matrix<T>(c.k, c.m, 1, kNan) : matrix<T>(c.m, c.k, 1, kNan);
  const auto b = nt ? matrix<T>(c.n, c.k, 2, kNan) : matrix<T>(c.k, c.n, 2, kNan);
  const auto bias = numbers<T>(c.n, 3), gelu_input = matrix<T>(c.m, c.n, 4, kNan, 3),
             residual = matrix<T>(c.m, c.n, 5, kNan);
  // Gaps of the outputs hold a number, which comes back like the results.
  auto c_start = matrix<T>(c.m, c.n, 6, T(0.25)), pre_start = matrix<T>(c.m, c.n, 7, T(0.25));
  for (int64_t i = 0; i < c.m; ++i) {
    const int64_t row = i * (c.n + kGap);
    if (!e.accumulate) std::fill_n(c_start.begin() + row, c.n, kNan);
    std::fill_n(pre_start.begin() + row, c.n, kNan);
  }
  Output<T> out(c_start), pre(pre_start);
  const int64_t a_stride = (tn ? c.m : c.k) + kGap, b_stride = (nt ? c.k : c.n) + kGap;
  op(Gemm<T>{.m = c.m,
             .n = c.n,
             .k = c.k,
             .a = a.data(),
             .a_row = tn ? 1 : a_stride,
             .a_col = tn ? a_stride : 1,
             .b = b.data(),
             .b_row = nt ? 1 : b_stride,
             .b_col = nt ? b_stride : 1,
             .c = out.data(),
             .ldc = c.n + kGap,
             .accumulate = e.accumulate,
             .bias = e.bias ? bias.data() : nullptr,
             .gelu = e.gelu,
             .pre_activation = e.keep ? pre.data() : nullptr,
             .gelu_input = e.gelu_input ? gelu_input.data() : nullptr,
             .residual = e.residual ? residual.data() : nullptr});
  std::vector<double> all;
  out.collect(all);
  if (e.keep) pre.collect(all);
  return all;
}

void check(const cases::LinearCase& c, Layout layout, const Epilogue& e) {
  CAPTURE(c.m, c.n, c.k, static_cast<int>(layout));
  check_kernel([&] { return run<float>(c, layout, e, kernels::cpu::gemm); },
               [&] { return run<float>(c, layout, e, kernels::reference::gemm<float>); },
               [&] { return run<double>(c, layout, e, kernels::cpu::gemm); }, 2);
}

TEST_CASE("linear: a product by hand", "[linear]") {
  const std::vector<double> a{1, 2, 3, 4, 5, 6}, b{1, -1, 2, 0, 3, 1}, bias{10, 20};
  std::vector<double> c(4);
  Gemm<double> args{.m = 2,
                    .n = 2,
                    .k = 3,
                    .a = a.data(),
                    .a_row = 3,
                    .b = b.data(),
                    .b_row = 2,
                    .c = c.data(),
                    .ldc = 2,
                    .bias = bias.data()};
  kernels::cpu::gemm(args);
  CHECK(c == std::vector<double>{24, 22, 42, 22});
  args.b_row = 1, args.b_col = 3, args.bias = nullptr, args.accumulate = true;
  kernels::cpu::gemm(args);
  CHECK(c == std::vector<double>{29, 31, 53, 43});
  args.a_row = 1, args.a_col = 2, args.accumulate = false;
  kernels::cpu::gemm(args);
  CHECK(c == std::vector<double>{8, 14, 10, 18});
}

TEST_CASE("linear: layouts and sizes", "[linear]") {
  for (const cases::LinearCase& c : cases::linear_cases())
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn}) check(c, layout, {});
}

TEST_CASE("linear: every epilogue", "[linear]") {
  for (int bits = 0; bits < 64; ++bits) {
    const Epilogue e{.bias = (bits & 1) != 0,
                     .gelu = (bits & 2) != 0,
                     .keep = (bits & 4) != 0,
                     .gelu_input = (bits & 8) != 0,
                     .residual = (bits & 16) != 0,
                     .accumulate = (bits & 32) != 0};
    CAPTURE(bits);
    check({29, 45, 17}, Layout::nt, e);
  }
}

TEST_CASE("linear: epilogues after several chunks of k", "[linear]") {
  check({29, 47, 1100}, Layout::tn, {.accumulate = true});
  check({29, 47, 600}, Layout::nt, {.bias = true});
  check({29, 47, 600}, Layout::nt, {.bias = true, .gelu = true, .keep = true});
  check({29, 47, 600}, Layout::nn, {.gelu_input = true, .residual = true, .accumulate = true});
}

TEST_CASE("linear: neither operand contiguous", "[linear]") {
  const auto a = numbers<float>(20 * 40 * 2, 1), b = numbers<float>(40 * 45 * 2, 2);
  std::vector<float> expected(20 * 45), c(20 * 45);
  Gemm<float> args{.m = 20,
                   .n = 45,
                   .k = 40,
                   .a = a.data(),
                   .a_row = 80,
                   .a_col = 2,
                   .b = b.data(),
                   .b_row = 90,
                   .b_col = 2,
                   .c = expected.data(),
                   .ldc = 45};
  kernels::reference::gemm(args);
  args.c = c.data();
  for_each_variant([&](int) {
    kernels::cpu::gemm(args);
    for (size_t i = 0; i < c.size(); ++i) REQUIRE(c[i] == Approx(expected[i]).margin(1e-5));
  });
}

TEST_CASE("linear: the residual may be the result itself", "[linear]") {
  const auto a = numbers<float>(20 * 300, 1), b = numbers<float>(300 * 45, 2);
  const auto start = numbers<float>(20 * 45, 3);
  auto expected = start;
  Gemm<float> args{.m = 20,
                   .n = 45,
                   .k = 300,
                   .a = a.data(),
                   .a_row = 300,
                   .b = b.data(),
                   .b_row = 45,
                   .c = expected.data(),
                   .ldc = 45,
                   .accumulate = true};
  kernels::reference::gemm(args);
  args.accumulate = false;
  for_each_variant([&](int) {
    auto c = start;
    args.c = c.data(), args.residual = c.data();
    kernels::cpu::gemm(args);
    for (size_t i = 0; i < c.size(); ++i) REQUIRE(c[i] == Approx(expected[i]).margin(2e-5));
  });
}

TEST_CASE("linear: column sums", "[linear]") {
  for (const auto& [rows, n] :
       {std::pair<int64_t, int64_t>{0, 5}, {1, 1}, {37, 97}, {2368, 96}, {513, 288}}) {
    const auto sum = [&]<class T>(T, void (*op)(const ColumnSum<T>&)) {
      const auto x = numbers<T>(rows * (n + 3), 1);
      Output<T> out(numbers<T>(n, 2));
      op({.rows = rows, .n = n, .x = x.data(), .ldx = n + 3, .out = out.data()});
      std::vector<double> all;
      out.collect(all);
      return all;
    };
    check_kernel([&] { return sum(0.0f, kernels::cpu::column_sum); },
                 [&] { return sum(0.0f, kernels::reference::column_sum<float>); },
                 [&] { return sum(0.0, kernels::cpu::column_sum); }, 2);
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A compiler that keeps the tile on the stack makes the product several times slower and no other
// test notices. Eigen is compiled for SSE2 here; with AVX2 it is 1.7 times as fast. Processor time,
// so that other programs matter little.
TEST_CASE("linear: the packed kernel is faster than Eigen", "[linear][timing]") {
  using kernels::cpu::Isa;
  const int64_t m = 577, n = 768, k = 768;
  const auto a = numbers<float>(m * k, 1), b = numbers<float>(n * k, 2);
  std::vector<float> c(static_cast<size_t>(m * n));
  const Gemm<float> args{.m = m,
                         .n = n,
                         .k = k,
                         .a = a.data(),
                         .a_row = k,
                         .b = b.data(),
                         .b_row = 1,
                         .b_col = k,
                         .c = c.data(),
                         .ldc = n};
  const auto ticks = [&](Isa isa) {
    kernels::cpu::set_isa(isa);
    std::clock_t best = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 6; ++i) {
      const std::clock_t start = std::clock();
      kernels::cpu::gemm(args);
      best = std::min(best, std::clock() - start);
    }
    return static_cast<double>(best);
  };
  const Isa isa = kernels::cpu::isa();
  const int threads = thread_count();
  set_thread_count(1);
  for (const Isa own : {Isa::avx2, Isa::avx512, Isa::amx}) {
    if (!kernels::cpu::cpu_has(own)) continue;
    CAPTURE(kernels::cpu::name_of(own));
    CHECK(ticks(Isa::portable) > 1.15 * 1.7 * ticks(own));
  }
  set_thread_count(threads);
  kernels::cpu::set_isa(isa);
}
#endif

}  // namespace
}  // namespace medley::tests
