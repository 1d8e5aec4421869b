// Matrix product: every layout, epilogue, instruction set (portable is Eigen) and thread count
// against f64.
#include "kernels/linear.h"

#include <chrono>

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

template <class T>
std::vector<double> run(const cases::LinearCase& c, Layout layout, const Epilogue& e,
                        void (*op)(const Gemm<T>&)) {
  constexpr int64_t kGap = 3;
  const bool a_transposed = layout == Layout::tn, b_transposed = layout == Layout::nt;
  const int64_t a_stride = (a_transposed ? c.m : c.k) + kGap,
                b_stride = (b_transposed ? c.k : c.n) + kGap;
  const auto a = numbers<T>((a_transposed ? c.k : c.m) * a_stride, 1);
  const auto b = numbers<T>((b_transposed ? c.n : c.k) * b_stride, 2);
  const auto bias = numbers<T>(c.n, 3), gelu_input = numbers<T>(c.m * c.n, 4, 3),
             residual = numbers<T>(c.m * c.n, 5);
  Output<T> out = e.accumulate ? Output<T>(numbers<T>(c.m * c.n, 6)) : Output<T>(c.m * c.n),
            pre(c.m * c.n);
  op(Gemm<T>{.m = c.m,
             .n = c.n,
             .k = c.k,
             .a = a.data(),
             .a_row = a_transposed ? 1 : a_stride,
             .a_col = a_transposed ? a_stride : 1,
             .b = b.data(),
             .b_row = b_transposed ? 1 : b_stride,
             .b_col = b_transposed ? b_stride : 1,
             .c = out.data(),
             .ldc = c.n,
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

TEST_CASE("linear: layouts and sizes", "[linear]") {
  for (const cases::LinearCase& c : cases::linear_cases())
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn}) check(c, layout, {});
}

TEST_CASE("linear: every epilogue", "[linear]") {
  const cases::LinearCase c{29, 45, 17};
  for (int bits = 0; bits < 64; ++bits) {
    const Epilogue e{.bias = (bits & 1) != 0,
                     .gelu = (bits & 2) != 0,
                     .keep = (bits & 4) != 0,
                     .gelu_input = (bits & 8) != 0,
                     .residual = (bits & 16) != 0,
                     .accumulate = (bits & 32) != 0};
    check(c, Layout::nt, e);
  }
}

TEST_CASE("linear: accumulating over several chunks of k", "[linear]") {
  check({29, 47, 2100}, Layout::tn, {.accumulate = true});
}

TEST_CASE("linear: the residual may be the result itself", "[linear]") {
  const auto a = numbers<float>(20 * 8, 1), b = numbers<float>(8 * 12, 2);
  for_each_variant([&](int) {
    auto c = numbers<float>(20 * 12, 3);
    auto expected = c;
    Gemm<float> args{.m = 20,
                     .n = 12,
                     .k = 8,
                     .a = a.data(),
                     .a_row = 8,
                     .b = b.data(),
                     .b_row = 12,
                     .b_col = 1,
                     .c = expected.data(),
                     .ldc = 12,
                     .accumulate = true};
    kernels::cpu::gemm(args);
    args.c = c.data();
    args.accumulate = false;
    args.residual = c.data();
    kernels::cpu::gemm(args);
    CHECK(c == expected);
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
// A compiler that keeps the tile on the stack makes the product several times slower and no test
// notices.
TEST_CASE("linear: the packed kernel is faster than Eigen", "[linear]") {
  using kernels::cpu::Isa;
  if (!kernels::cpu::cpu_has(Isa::avx2)) return;
  const int64_t m = 577, n = 768, k = 768;
  const auto a = numbers<float>(m * k, 1), b = numbers<float>(n * k, 2);
  std::vector<float> c(static_cast<size_t>(m * n));
  const auto seconds = [&](Isa isa) {
    kernels::cpu::set_isa(isa);
    double best = 1e9;
    for (int i = 0; i < 6; ++i) {
      const auto start = std::chrono::steady_clock::now();
      kernels::cpu::gemm(Gemm<float>{.m = m,
                                     .n = n,
                                     .k = k,
                                     .a = a.data(),
                                     .a_row = k,
                                     .b = b.data(),
                                     .b_row = 1,
                                     .b_col = k,
                                     .c = c.data(),
                                     .ldc = n});
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  };
  const Isa isa = kernels::cpu::isa();
  const int threads = thread_count();
  set_thread_count(1);
  CHECK(seconds(Isa::portable) > 1.15 * seconds(Isa::avx2));
  set_thread_count(threads);
  kernels::cpu::set_isa(isa);
}
#endif

}  // namespace
}  // namespace medley::tests
