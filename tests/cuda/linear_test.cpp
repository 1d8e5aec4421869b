// Matrix product on CUDA: every layout and epilogue in f32 and bf16 against f64, column sums, plans
// and bad input.
#include "kernels/linear.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/cuda/graph.h"
#include "core/error.h"
#include "kernels/cuda/matmul.h"
#include "kernels/reference/linear.h"
#include "tests/cuda/support.h"
#include "tests/cuda/tolerance.h"
#include "tests/ops/cases/linear_cases.h"

namespace medley::tests {
namespace {

using kernels::ColumnSum;
using kernels::Gemm;
using kernels::Wide;

enum class Layout { nn, nt, tn };
constexpr Layout kLayouts[] = {Layout::nn, Layout::nt, Layout::tn};

struct Epilogue {
  bool bias = false, gelu = false, keep = false, gelu_input = false, residual = false,
       accumulate = false;
};

// Sizes, strides and numbers of one product; matrices have a gap of `gap` after each row.
template <class T, class Out>
struct Problem {
  cases::LinearCase size;
  Layout layout;
  Epilogue epilogue;
  int64_t gap;
  std::vector<T> a, b;
  std::vector<Wide<T>> bias;
  std::vector<Out> c, gelu_input, residual;

  Problem(const cases::LinearCase& s, Layout l, const Epilogue& e, int64_t row_gap)
      : size(s),
        layout(l),
        epilogue(e),
        gap(row_gap),
        a(rounded<T>(a_rows() * a_stride(), 1)),
        b(rounded<T>(b_rows() * b_stride(), 2)),
        bias(rounded<Wide<T>>(s.n, 3)),
        c(rounded<Out>(s.m * ldc(), 4)),
        gelu_input(rounded<Out>(s.m * ldc(), 5, 3)),
        residual(rounded<Out>(s.m * ldc(), 6)) {}

  int64_t a_rows() const { return layout == Layout::tn ? size.k : size.m; }
  int64_t b_rows() const { return layout == Layout::nt ? size.n : size.k; }
  int64_t a_stride() const { return (layout == Layout::tn ? size.m : size.k) + gap; }
  int64_t b_stride() const { return (layout == Layout::nt ? size.k : size.n) + gap; }
  int64_t ldc() const { return size.n + gap; }

  // The arguments with all pointers but those of the data.
  template <class U, class V>
  Gemm<U, V> sizes() const {
    const bool tn = layout == Layout::tn, nt = layout == Layout::nt;
    return {.m = size.m,
            .n = size.n,
            .k = size.k,
            .a_row = tn ? 1 : a_stride(),
            .a_col = tn ? a_stride() : 1,
            .b_row = nt ? 1 : b_stride(),
            .b_col = nt ? b_stride() : 1,
            .ldc = ldc(),
            .accumulate = epilogue.accumulate,
            .gelu = epilogue.gelu};
  }

  // What C holds at first: NaN in the gaps, and everywhere unless it is added to.
  std::vector<Out> start() const {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    std::vector<Out> x = c;
    for (int64_t i = 0; i < size.m; ++i)
      std::fill_n(x.begin() + i * ldc() + (epilogue.accumulate ? size.n : 0),
                  epilogue.accumulate ? gap : ldc(), static_cast<Out>(kNan));
    return x;
  }

  void check_gaps(const std::vector<Out>& x) const {
    bool intact = true;
    for (int64_t i = 0; i < size.m; ++i)
      for (int64_t j = size.n; j < ldc(); ++j)
        intact = intact && std::isnan(wide(x[static_cast<size_t>(i * ldc() + j)]));
    REQUIRE(intact);
  }

  // C and the pre-activation, without the gaps.
  template <class V>
  Outputs outputs(const std::vector<V>& c_out, const std::vector<V>& pre) const {
    Outputs all(1 + epilogue.keep);
    for (int64_t i = 0; i < size.m; ++i)
      for (int64_t j = 0; j < size.n; ++j) {
        const auto at = static_cast<size_t>(i * ldc() + j);
        all[0].push_back(wide(c_out[at]));
        if (epilogue.keep) all[1].push_back(wide(pre[at]));
      }
    return all;
  }

  Outputs on_device() const {
    const DeviceBuffer<T> a_in(a), b_in(b);
    const DeviceBuffer<Wide<T>> bias_in(bias);
    const DeviceBuffer<Out> input_in(gelu_input), residual_in(residual);
    return for_each_schedule([&] {
      DeviceBuffer<Out> c_out(start()), pre(size.m * ldc());
      Gemm<T, Out> g = sizes<T, Out>();
      g.a = a_in.data(), g.b = b_in.data(), g.c = c_out.data();
      if (epilogue.bias) g.bias = bias_in.data();
      if (epilogue.keep) g.pre_activation = pre.data();
      if (epilogue.gelu_input) g.gelu_input = input_in.data();
      if (epilogue.residual) g.residual = residual_in.data();
      kernels::cuda::gemm(g, stream());
      const auto c_values = c_out.download(), pre_values = pre.download();
      check_gaps(c_values), check_gaps(pre_values);
      return outputs(c_values, pre_values);
    });
  }

  // In V on the CPU; results are rounded to Out when `round` says so.
  template <class V>
  Outputs on_host(bool round) const {
    const auto in = [](const auto& x) { return converted<V>(x); };
    const auto a_in = in(a), b_in = in(b), bias_in = in(bias), input_in = in(gelu_input),
               residual_in = in(residual);
    auto c_out = in(c);
    std::vector<V> pre(c_out.size());
    Gemm<V> g = sizes<V, V>();
    g.a = a_in.data(), g.b = b_in.data(), g.c = c_out.data();
    if (epilogue.bias) g.bias = bias_in.data();
    if (epilogue.keep) g.pre_activation = pre.data();
    if (epilogue.gelu_input) g.gelu_input = input_in.data();
    if (epilogue.residual) g.residual = residual_in.data();
    kernels::reference::gemm(g);
    return round ? outputs(converted<Out>(c_out), converted<Out>(pre)) : outputs(c_out, pre);
  }
};

template <class T, class Out>
void check(const cases::LinearCase& size, Layout layout, const Epilogue& epilogue,
           int64_t gap = 3) {
  CAPTURE(size.m, size.n, size.k, static_cast<int>(layout), gap);
  const Problem<T, Out> problem(size, layout, epilogue, gap);
  check_against<Out>(problem.on_device(), problem.template on_host<float>(true),
                     problem.template on_host<double>(false), 2);
}

template <class T, class Out>
void check_all() {
  for (const cases::LinearCase& size : cases::linear_cases())
    for (const Layout layout : kLayouts) check<T, Out>(size, layout, {});
  for (int bits = 0; bits < 64; ++bits) {
    CAPTURE(bits);
    const Epilogue e{.bias = (bits & 1) != 0,
                     .gelu = (bits & 2) != 0,
                     .keep = (bits & 4) != 0,
                     .gelu_input = (bits & 8) != 0,
                     .residual = (bits & 16) != 0,
                     .accumulate = (bits & 32) != 0};
    check<T, Out>({13, 45, 17}, Layout::nt, e);
    check<T, Out>({13, 40, 16}, Layout::nn, e, 0);  // rows that are loaded 16 bytes at a time
  }
}

TEST_CASE("linear in f32", "[linear]") {
  if (no_device()) return;
  check_all<float, float>();
}

TEST_CASE("linear in bf16", "[linear]") {
  if (no_device()) return;
  check_all<bf16, bf16>();
}

TEST_CASE("linear: bf16 operands and f32 sums, as weight gradients", "[linear]") {
  if (no_device()) return;
  check_all<bf16, float>();
}

#if defined(MEDLEY_CUDA_EMULATED)
TEST_CASE("linear: where the library adds nothing, the own epilogue does", "[linear]") {
  auto& epilogue = kernels::cuda::emulator::options().matmul_epilogue;
  const struct Restore {
    bool& epilogue;
    ~Restore() { epilogue = true; }
  } restore{epilogue};
  epilogue = false;
  check_all<float, float>();
  check_all<bf16, float>();
}
#endif

TEST_CASE("linear: the residual may be the result itself", "[linear]") {
  if (no_device()) return;
  Problem<bf16, bf16> problem({20, 45, 30}, Layout::nt, {.gelu = true, .accumulate = true}, 0);
  const DeviceBuffer<bf16> a(problem.a), b(problem.b);
  for (const bool gelu : {true, false}) {
    DeviceBuffer<bf16> c(problem.c);
    auto g = problem.sizes<bf16, bf16>();
    g.a = a.data(), g.b = b.data(), g.c = c.data(), g.residual = c.data();
    g.accumulate = false, g.gelu = gelu;
    problem.epilogue.gelu = gelu;
    kernels::cuda::gemm(g, stream());
    check_against<bf16>(problem.outputs(c.download(), c.download()), problem.on_host<float>(true),
                        problem.on_host<double>(false), 2);
  }
}

TEST_CASE("linear: column sums on CUDA", "[linear]") {
  if (no_device()) return;
  const auto check_sums = []<class T>(T, int64_t rows, int64_t n) {
    CAPTURE(rows, n);
    const auto x = rounded<T>(rows * (n + 3), 1);
    const auto before = rounded<float>(n, 2);
    const auto on_host = [&]<class V>(V) {
      const auto in = converted<V>(x);
      auto out = converted<V>(before);
      kernels::reference::column_sum(
          ColumnSum<V>{.rows = rows, .n = n, .x = in.data(), .ldx = n + 3, .out = out.data()});
      return Outputs{converted<double>(out)};
    };
    const DeviceBuffer<T> in(x);
    const auto sums = for_each_schedule([&] {
      DeviceBuffer<float> out(before);
      kernels::cuda::column_sum(
          ColumnSum<T>{.rows = rows, .n = n, .x = in.data(), .ldx = n + 3, .out = out.data()},
          stream());
      return Outputs{out.values()};
    });
    check_against<float>(sums, on_host(0.0f), on_host(0.0), 2);
  };
  for (const auto& [rows, n] :
       {std::pair<int64_t, int64_t>{0, 5}, {1, 1}, {37, 97}, {512, 32}, {513, 31}, {1100, 64}}) {
    check_sums(0.0f, rows, n);
    check_sums(bf16(), rows, n);
  }
}

TEST_CASE("linear: one plan a shape", "[linear]") {
  if (no_device()) return;
  const DeviceBuffer<float> a(rounded<float>(64, 1)), b(rounded<float>(64, 2));
  DeviceBuffer<float> c(64);
  Gemm<float> g{.m = 8,
                .n = 8,
                .k = 8,
                .a = a.data(),
                .a_row = 8,
                .b = b.data(),
                .b_row = 8,
                .c = c.data(),
                .ldc = 8};
  const auto made = [&](int times) {
    const auto before = kernels::cuda::matmul_plan_stats();
    for (int i = 0; i < times; ++i) kernels::cuda::gemm(g, stream());
    const auto after = kernels::cuda::matmul_plan_stats();
    CHECK(after.uses - before.uses == static_cast<uint64_t>(times));
    return after.plans - before.plans;
  };
  CHECK(made(3) == 1);
  CHECK(made(2) == 0);
  g.m = 7;
  CHECK(made(1) == 1);
  g.m = 8, g.accumulate = true;
  CHECK(made(1) == 1);
  g.accumulate = false, g.a = a.data() + 8;  // 32 bytes on: less aligned
  g.m = 7;
  CHECK(made(2) == 1);
  cuda::synchronize(kCuda);
}

TEST_CASE("linear: a captured product runs again on new numbers", "[linear]") {
  if (no_device()) return;
  Problem<bf16, bf16> problem({13, 40, 16}, Layout::nt,
                              {.bias = true, .gelu = true, .residual = true}, 0);
  DeviceBuffer<bf16> a(problem.a), c(problem.c);
  const DeviceBuffer<bf16> b(problem.b), residual(problem.residual);
  const DeviceBuffer<float> bias(problem.bias);
  auto g = problem.sizes<bf16, bf16>();
  g.a = a.data(), g.b = b.data(), g.c = c.data();
  g.bias = bias.data(), g.residual = residual.data();
  kernels::cuda::gemm(g, stream());  // the plan is made
  cuda::Graph graph(kCuda);
  graph.capture([&] { kernels::cuda::gemm(g, stream()); });
  for (uint32_t sample = 7; sample < 9; ++sample) {
    problem.a = rounded<bf16>(13 * 16, sample);
    a.upload(problem.a);
    graph.launch();
    const auto launched = c.values();
    kernels::cuda::gemm(g, stream());
    const bool equal = launched == c.values();
    CHECK(equal);
    check_against<bf16>({launched}, problem.on_host<float>(true), problem.on_host<double>(false),
                        2);
  }
}

TEST_CASE("linear: what CUDA refuses", "[linear]") {
  if (no_device()) return;
  const DeviceBuffer<float> a(rounded<float>(64, 1)), b(rounded<float>(64, 2));
  DeviceBuffer<float> c(64);
  const Gemm<float> good{.m = 4,
                         .n = 4,
                         .k = 4,
                         .a = a.data(),
                         .a_row = 4,
                         .b = b.data(),
                         .b_row = 4,
                         .c = c.data(),
                         .ldc = 4};
  const auto refused = [&](auto change) {
    Gemm<float> g = good;
    change(g);
    std::string message;
    try {
      kernels::cuda::gemm(g, stream());
    } catch (const Error& error) {
      message = error.what();
    }
    return message;
  };
  using Catch::Contains;
  CHECK(refused([](auto&) {}).empty());
  CHECK_THAT(refused([](auto& g) { g.m = -1; }), Contains("sizes are -1 x 4 x 4"));
  CHECK_THAT(refused([](auto& g) { g.k = int64_t{1} << 32; }), Contains("4 x 4 x 4294967296"));
  CHECK_THAT(refused([](auto& g) { g.a = nullptr; }), Contains("A is null"));
  CHECK_THAT(refused([](auto& g) {
               g.b = reinterpret_cast<const float*>(reinterpret_cast<uintptr_t>(g.b) + 2);
             }),
             Contains("not aligned to its elements"));
  CHECK_THAT(refused([](auto& g) { g.ldc = 3; }), Contains("4 columns but row stride 3"));
  CHECK_THAT(refused([](auto& g) { g.a_row = 8, g.a_col = 2; }),
             Contains("A [4, 4] has strides 8 and 2"));
  CHECK_THAT(refused([](auto& g) { g.b_row = 2; }), Contains("B [4, 4] has strides 2 and 1"));
  CHECK_THAT(refused([&](auto& g) { g.a = c.data() + 2; }), Contains("C overlaps A"));
  CHECK_THAT(refused([&](auto& g) { g.c = const_cast<float*>(b.data()) + 15; }),
             Contains("C overlaps B"));
  cuda::synchronize(kCuda);
}

}  // namespace
}  // namespace medley::tests
