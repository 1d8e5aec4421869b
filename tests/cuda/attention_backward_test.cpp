// Every backward kernel of attention, named and chosen, against the double reference over the case
// table, the lengths at which tiles end, head dims 32, 64 and 128; the same bits under every
// schedule and for every layout over the keys; and bad input.
#include <string>

#include "core/cuda/fault.h"
#include "core/error.h"
#include "tests/cuda/attention_backward_problem.h"

namespace medley::tests {
namespace {

constexpr BackwardKernel kKernels[] = {BackwardKernel::naive, BackwardKernel::tiled,
                                       BackwardKernel::single_pass, BackwardKernel::key_steps};

// A case with its inputs on the device and the results to compare with.
template <class T>
struct Trial {
  explicit Trial(const cases::AttentionCase& c)
      : problem(rounded_to<T>(AttentionProblem(c))),
        forward(naive_forward<T>(problem)),
        device(problem, forward),
        exact(exact_backward(problem)),
        naive(naive_backward<T>(problem, forward)) {}

  // Three times the error of the plain formulas in the same precision, and a few units in the last
  // place; in f32 they count from 4, because ds is the difference of two sums of head_dim products
  // each, which may cancel to nothing.
  void check_close(const BackwardResult& kernel) const {
    const auto check = [](const char* what, const Values& x, const Values& plain,
                          const Values& right) {
      double largest = 0;
      for (const double value : right) largest = std::max(largest, std::fabs(value));
      const double floor = std::is_same_v<T, bf16> ? largest / 256 : 4 * 1.2e-7 * (4 + largest);
      const double error = difference(x, right), naive_error = difference(plain, right);
      INFO(what << ": error " << error << ", naive " << naive_error << ", largest " << largest);
      CHECK(error <= 3 * naive_error + floor);
    };
    check("dq", kernel.dq, naive.dq, exact.dq);
    check("dk", kernel.dk, naive.dk, exact.dk);
    check("dv", kernel.dv, naive.dv, exact.dv);
  }

  // Infinite where a NaN is there.
  static double difference(const Values& x, const Values& y) {
    REQUIRE(x.size() == y.size());
    double most = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double d = std::fabs(x[i] - y[i]);
      most = std::isfinite(d) ? std::max(most, d) : std::numeric_limits<double>::infinity();
    }
    return most;
  }

  AttentionProblem problem;
  ForwardResult forward;
  DeviceBackward<T> device;
  BackwardResult exact, naive;
};

// Runs every kernel that can take the case, except naive where it would take long.
template <class T>
void check_case(const cases::AttentionCase& c, bool with_naive) {
  const Trial<T> trial(c);
  const BackwardKernel chosen = kernels::cuda::choose_backward(trial.device.args);
  for (const BackwardKernel kernel : kKernels) {
    if (trial.device.why_not(kernel) != nullptr) continue;
    if (kernel == BackwardKernel::naive && !with_naive && kernel != chosen) continue;
    INFO(c.name << ", head dim " << c.head_dim << ", " << kernels::cuda::name_of(kernel)
                << (std::is_same_v<T, bf16> ? ", bf16" : ", f32"));
    const BackwardResult result = for_each_schedule([&] { return trial.device.run(kernel); });
    trial.check_close(result);
    if (kernel == chosen) CHECK(trial.device.run() == result);
  }
}

TEST_CASE("attention backward: every case of the table", "[attention]") {
  if (no_device()) return;
  for (const cases::AttentionCase& c : cases::attention_cases()) {
    check_case<float>(c, c.q_lengths[0] < 100);
    check_case<bf16>(c, c.q_lengths[0] < 100);
  }
}

TEST_CASE("attention backward: lengths around tiles, head dims 32, 64 and 128", "[attention]") {
  if (no_device()) return;
  for (const int32_t n : {1,   2,   15,  16,  17,  31,  32,  33,  63,  64, 65,
                          127, 128, 129, 196, 197, 198, 575, 576, 577, 578}) {
    for (const int64_t head_dim : {32, 64, 128}) {
      if (n > 200 && head_dim != 64 && n != 577) continue;  // 64 is what long pictures have
      const bool causal = (n + head_dim / 32) % 2 == 0;
      const cases::AttentionCase c{
          "length " + std::to_string(n), {n}, {n}, {}, 1, head_dim, causal};
      if (n < 200 || n == 577) check_case<float>(c, n < 40);
      check_case<bf16>(c, n < 40);
    }
  }
}

TEST_CASE("attention backward: what models run, head dims 32, 64 and 128", "[attention]") {
  if (no_device()) return;
  for (const int64_t head_dim : {32, 64, 128})
    for (const cases::AttentionCase& c : cases::attention_cases_of(head_dim)) {
      check_case<float>(c, c.k_lengths[0] < 100);
      check_case<bf16>(c, c.k_lengths[0] < 100);
    }
}

#if defined(MEDLEY_CUDA_EMULATED)
// A launch that asks for more shared memory than the architecture has is refused.
TEST_CASE("attention backward: in the shared memory of smaller GPUs", "[attention]") {
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
  const Trial<T> trial(c);
  for (const BackwardKernel kernel : kKernels) {
    if (trial.device.why_not(kernel) != nullptr) continue;
    INFO(c.name << ", " << kernels::cuda::name_of(kernel));
    trial.check_close(for_each_schedule([&] { return trial.device.run(kernel); }));
  }
}

TEST_CASE("attention backward: the same bits under every schedule", "[attention]") {
  if (no_device()) return;
  const std::vector<cases::AttentionCase> reduced = {
      {"three tiles of rows", {80}, {100}, {}, 1, 64},
      {"causal kv_index dropout", {9, 21, 40}, {33, 70}, {1, 0, 1}, 2, 32, true, 0.3f},
      {"head dim 128", {50}, {70}, {}, 1, 128}};
  for (const cases::AttentionCase& c : reduced) {
    check_schedules<float>(c);
    check_schedules<bf16>(c);
  }
}

TEST_CASE("attention backward: the same bits for every layout over the keys", "[attention]") {
  if (no_device()) return;
  const std::vector<cases::AttentionCase> reduced = {
      {"kv_index", {40, 7, 33}, {197, 90}, {0, 1, 0}, 1, 64},
      {"causal dropout", {129}, {129}, {}, 1, 32, true, 0.2f},
      {"head dim 128", {33}, {150}, {}, 1, 128}};
  for (const cases::AttentionCase& c : reduced) {
    const Trial<bf16> trial(c);
    const BackwardResult chosen = trial.device.run();
    const int64_t keys = trial.device.args.shape.max_k;
    for (int warps = 1; warps <= kernels::cuda::kMostWarps; ++warps) {
      INFO(c.name << ", " << warps << " warps");
      const auto step = warps * kernels::cuda::warp_keys(c.head_dim);
      const kernels::cuda::KeyLayout layout{warps, static_cast<int>((keys + step - 1) / step)};
      CHECK(trial.device.run([&](const auto& args) {
        kernels::cuda::attention_backward_mma(
            args, layout, kernels::cuda::attention_faults("attention_backward"), stream());
      }) == chosen);
    }
  }
}

TEST_CASE("attention backward: warps and steps of keys", "[attention]") {
  using kernels::cuda::key_layout;
  const auto check = [](kernels::cuda::KeyLayout layout, int warps, int steps) {
    CHECK(layout.warps == warps);
    CHECK(layout.steps == steps);
  };
  check(key_layout(64, 197), 7, 1);
  check(key_layout(64, 256), 8, 1);
  check(key_layout(64, 577), 7, 3);
  check(key_layout(64, 7), 1, 1);
  check(key_layout(128, 197), 7, 2);
  check(key_layout(64, 40, 2), 1, 2);
  check(key_layout(64, 7, 2), 1, 1);
  check(key_layout(64, 0), 1, 1);
}

// Runs a two-block problem after `spoil`; the message of the ValueError, or nothing.
template <class T>
std::string error_of(const std::function<void(kernels::AttentionBackward<T>&)>& spoil,
                     std::optional<BackwardKernel> kernel = {}) {
  Trial<T> trial({"bad", {5, 6}, {7, 8}, {1, 0}, 1, 32});
  spoil(trial.device.args);
  try {
    trial.device.run(kernel);
    cuda::check_faults();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("attention backward: what the host refuses", "[attention]") {
  if (no_device()) return;
  using Args = kernels::AttentionBackward<bf16>;
  using Catch::Matchers::Contains;
  const auto error = [](const std::function<void(Args&)>& spoil) { return error_of<bf16>(spoil); };
  CHECK(error([](Args&) {}) == "");
  CHECK_THAT(error([](Args& args) { args.shape.head_dim = 257; }), Contains("head_dim is 257"));
  CHECK_THAT(error([](Args& args) { args.shape.heads = 0; }), Contains("heads is 0"));
  CHECK_THAT(error([](Args& args) { args.shape.q_rows = -1; }), Contains("q_rows is -1"));
  CHECK_THAT(error([](Args& args) { args.shape.blocks = int64_t{1} << 40; }),
             Contains("blocks is 1099511627776"));
  CHECK_THAT(error([](Args& args) { args.shape.kv_index = nullptr, args.shape.kv_blocks = 1; }),
             Contains("2 query blocks but 1 key blocks"));
  CHECK_THAT(error([](Args& args) { args.dk_stride = 31; }), Contains("the stride of dk is 31"));
  CHECK_THAT(error_of<bf16>([](Args&) {}, BackwardKernel::tiled), Contains("it computes in f32"));
  CHECK_THAT(error_of<bf16>([](Args& args) { ++args.q; }, BackwardKernel::single_pass),
             Contains("not all multiples of 16 bytes"));
}

TEST_CASE("attention backward: an output that overlaps an input", "[attention]") {
  if (no_device()) return;
  const Trial<float> trial({"overlap", {5}, {7}, {}, 1, 32});
  CHECK_THROWS_WITH(trial.device.run([](const auto& args) {
    kernels::AttentionBackward<float> call = args;
    call.dv = const_cast<float*>(args.k) + 32;
    kernels::cuda::attention_backward(call, stream());
  }),
                    Catch::Matchers::Contains("dv overlaps k"));
}

// What only the kernels see: a fault, and nothing outside of the tensors is touched.
TEST_CASE("attention backward: bad values in device memory", "[attention]") {
  if (no_device()) return;
  const DeviceBuffer<int32_t> index({0, 2}), negative({-1, 1}), decreasing({0, 7, 5}),
      long_end({0, 5, 12}), first({1, 5, 11});
  const auto check = [&]<class T>(T, BackwardKernel kernel) {
    INFO(kernels::cuda::name_of(kernel));
    using Args = kernels::AttentionBackward<T>;
    using Catch::Matchers::Contains;
    const auto error = [&](const std::function<void(Args&)>& spoil) {
      return error_of<T>(spoil, kernel);
    };
    CHECK_THAT(error([&](Args& args) { args.shape.kv_index = index.data(); }),
               Contains("kv_index"));
    CHECK_THAT(error([&](Args& args) { args.shape.kv_index = negative.data(); }),
               Contains("kv_index"));
    CHECK_THAT(error([&](Args& args) { args.shape.cu_q = decreasing.data(); }), Contains("cu_q"));
    CHECK_THAT(error([&](Args& args) { args.shape.cu_q = long_end.data(); }), Contains("cu_q"));
    CHECK_THAT(error([&](Args& args) { args.shape.cu_q = first.data(); }), Contains("cu_q"));
    CHECK_THAT(error([&](Args& args) { args.shape.cu_k = decreasing.data(); }), Contains("cu_k"));
    CHECK_THAT(error([&](Args& args) { args.shape.cu_k = long_end.data(); }), Contains("cu_k"));
  };
  check(0.0f, BackwardKernel::naive);
  check(0.0f, BackwardKernel::tiled);
  check(bf16(), BackwardKernel::naive);
  check(bf16(), BackwardKernel::single_pass);
  check(bf16(), BackwardKernel::key_steps);
}

TEST_CASE("attention backward: more keys than max_k says", "[attention]") {
  if (no_device()) return;
  Trial<bf16> trial({"long", {5}, {70}, {}, 1, 32});
  trial.device.args.shape.max_k = 30;
  CHECK_THROWS_WITH(
      [&] {
        trial.device.run(BackwardKernel::single_pass);
        cuda::check_faults();
      }(),
      Catch::Matchers::Contains("key length"));
}

TEST_CASE("attention backward: any stride, and nothing at all", "[attention]") {
  if (no_device()) return;
  const cases::AttentionCase c{"odd", {9, 3}, {20, 5}, {}, 2, 32, true};
  const AttentionProblem problem = rounded_to<bf16>(AttentionProblem(c));
  const ForwardResult forward = naive_forward<bf16>(problem);
  const DeviceBackward<bf16> odd(problem, forward, 3), even(problem, forward, 8);
  CHECK(kernels::cuda::choose_backward(odd.args) == BackwardKernel::naive);
  CHECK(odd.run() == even.run(BackwardKernel::naive));

  for (const cases::AttentionCase& empty :
       {cases::AttentionCase{"no blocks", {}, {}, {}, 1, 32},
        cases::AttentionCase{"no queries", {0}, {5}, {}, 1, 32},
        cases::AttentionCase{"no queries, many keys", {0}, {600}, {}, 1, 32},
        cases::AttentionCase{"no keys", {5}, {0}, {}, 1, 32}}) {
    check_case<float>(empty, true);
    check_case<bf16>(empty, true);
    CHECK_NOTHROW(cuda::check_faults());
  }
}

}  // namespace
}  // namespace medley::tests
