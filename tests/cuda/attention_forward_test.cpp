// Every forward kernel of attention, named and chosen, against the double reference over the case
// table, the lengths at which tiles end, head dims 32, 64 and 128, and schedules.
#include <string>

#include "tests/cuda/attention_problem.h"

namespace medley::tests {
namespace {

constexpr ForwardKernel kKernels[] = {ForwardKernel::naive, ForwardKernel::tiled,
                                      ForwardKernel::streamed, ForwardKernel::resident};

double largest(const Values& x) {
  double m = 0;
  for (const double value : x)
    if (std::isfinite(value)) m = std::max(m, std::fabs(value));
  return m;
}

// Infinite where not both are the same infinity, or a NaN is there.
double difference(const Values& x, const Values& y) {
  REQUIRE(x.size() == y.size());
  double m = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    const double d = std::fabs(x[i] - y[i]);
    m = std::isfinite(d) ? std::max(m, d) : std::numeric_limits<double>::infinity();
  }
  return m;
}

// Twice the error of the plain formulas in the same precision, and a few units in the last place.
template <class T>
void check_close(const ForwardResult& kernel, const ForwardResult& naive,
                 const ForwardResult& exact) {
  constexpr double kFloatUlp = 1.2e-7, kUlp = std::is_same_v<T, bf16> ? 1.0 / 256 : 4 * kFloatUlp;
  CHECK(difference(kernel.o, exact.o) <=
        2 * difference(naive.o, exact.o) + kUlp * (largest(exact.o) + (kUlp < 1e-3)));
  CHECK(difference(kernel.lse, exact.lse) <=
        2 * difference(naive.lse, exact.lse) + 4 * kFloatUlp * (1 + largest(exact.lse)));
}

// Runs every kernel that can take the case, except naive where it would take long.
template <class T>
void check_case(const cases::AttentionCase& c, bool with_naive) {
  const AttentionProblem problem = rounded_to<T>(AttentionProblem(c));
  const DeviceForward<T> device(problem);
  const ForwardResult exact = exact_forward(problem), naive = naive_forward<T>(problem);
  const ForwardKernel chosen = kernels::cuda::choose_forward(device.args);
  for (const ForwardKernel kernel : kKernels) {
    if (kernels::cuda::why_not(device.args, kernel) != nullptr) continue;
    if (kernel == ForwardKernel::naive && !with_naive && kernel != chosen) continue;
    INFO(c.name << ", head dim " << c.head_dim << ", " << kernels::cuda::name_of(kernel)
                << (std::is_same_v<T, bf16> ? ", bf16" : ", f32"));
    const ForwardResult result = for_each_schedule([&] { return device.run(kernel); });
    check_close<T>(result, naive, exact);
    if (kernel == chosen) CHECK(device.run() == result);
  }
}

TEST_CASE("attention forward: every case of the table", "[attention]") {
  if (no_device()) return;
  for (const cases::AttentionCase& c : cases::attention_cases()) {
    check_case<float>(c, c.q_lengths[0] < 200);
    check_case<bf16>(c, c.q_lengths[0] < 200);
  }
}

TEST_CASE("attention forward: lengths around tiles, head dims 32, 64 and 128", "[attention]") {
  if (no_device()) return;
  for (const int32_t n : {1,   2,   15,  16,  17,  31,  32,  33,  63,  64, 65,
                          127, 128, 129, 196, 197, 198, 575, 576, 577, 578}) {
    for (const int64_t head_dim : {32, 64, 128}) {
      if (n > 200 && head_dim != 64 && n != 577) continue;  // 64 is what long pictures have
      const bool causal = (n + head_dim / 32) % 2 == 0;
      const cases::AttentionCase c{
          "length " + std::to_string(n), {n}, {n}, {}, 1, head_dim, causal};
      if (n < 200 || n % 2 == 1) check_case<float>(c, n < 40);
      check_case<bf16>(c, n < 40);
    }
  }
}

TEST_CASE("attention forward: what models run, head dims 32, 64 and 128", "[attention]") {
  if (no_device()) return;
  for (const int64_t head_dim : {32, 64, 128})
    for (const cases::AttentionCase& c : cases::attention_cases_of(head_dim)) {
      check_case<float>(c, c.k_lengths[0] < 100);
      check_case<bf16>(c, c.k_lengths[0] < 100);
    }
}

#if defined(MEDLEY_CUDA_EMULATED)
// A launch that asks for more shared memory than the architecture has is refused.
TEST_CASE("attention forward: in the shared memory of smaller GPUs", "[attention]") {
  namespace emulator = kernels::cuda::emulator;
  for (const auto& architecture : {emulator::kSm80, emulator::kSm86}) {
    const WithArchitecture limits(architecture);
    for (const int64_t head_dim : {32, 64, 128}) {
      const cases::AttentionCase c{architecture.name, {70, 9}, {250, 577}, {}, 1, head_dim};
      check_case<float>(c, false);
      check_case<bf16>(c, false);
    }
  }
}
#endif

template <class T>
void check_schedules(const cases::AttentionCase& c) {
  const AttentionProblem problem = rounded_to<T>(AttentionProblem(c));
  const DeviceForward<T> device(problem);
  const ForwardResult exact = exact_forward(problem), naive = naive_forward<T>(problem);
  for (const ForwardKernel kernel : kKernels) {
    if (kernels::cuda::why_not(device.args, kernel) != nullptr) continue;
    INFO(c.name << ", " << kernels::cuda::name_of(kernel));
    check_close<T>(for_each_schedule([&] { return device.run(kernel); }), naive, exact);
  }
}

TEST_CASE("attention forward: the same bits under every schedule", "[attention]") {
  if (no_device()) return;
  const std::vector<cases::AttentionCase> reduced = {
      {"three steps of keys", {40}, {140}, {}, 1, 64},
      {"two rounds of tiles", {120}, {20}, {}, 1, 32},
      {"causal kv_index dropout", {9, 21}, {33, 40}, {1, 0}, 2, 32, true, 0.3f},
      {"head dim 128", {33}, {70}, {}, 1, 128}};
  for (const cases::AttentionCase& c : reduced) {
    check_schedules<float>(c);
    check_schedules<bf16>(c);
  }
}

}  // namespace
}  // namespace medley::tests
