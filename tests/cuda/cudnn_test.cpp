// The cuDNN back end. Without a GPU cuDNN still judges the graphs: it picks engines for a described
// device and compiles their kernels, and fails only where the driver would load them.
#include <iostream>

#include "kernels/cuda/cudnn/attention.h"
#include "tests/catch.h"
#if defined(MEDLEY_CUDNN)
#include <dlfcn.h>

#include <string>

#include "core/error.h"
#include "kernels/cuda/cudnn/attention_graph.h"
#include "kernels/cuda/cudnn/library.h"
#include "kernels/reference/attention.h"
#include "tests/cuda/support.h"
#include "tests/cuda/tolerance.h"
#include "tests/ops/attention_problem.h"

namespace medley::tests {
namespace {

namespace cudnn = kernels::cuda::cudnn;
using kernels::AttentionBackward;
using kernels::AttentionForward;

// True, and says why, when there is a reason.
bool skipped(const std::string& why) {
  if (why.empty()) return false;
  std::cout << "skipped: " << Catch::getResultCapture().getCurrentTestName() << ": " << why << "\n";
  SUCCEED("no cuDNN");
  return true;
}

// Device properties in the form of CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, of an H100.
constexpr const char* kH100 = R"({"cudaDeviceId": 0, "deviceName": "NVIDIA H100 80GB HBM3",
  "deviceVer": 900, "driverVer": 13000, "isTccDriver": 0, "l2CacheSize": 52428800,
  "maxBlockSize": [1024, 1024, 64], "maxCtasPerSM": 32, "maxGridSize": [2147483647, 65535, 65535],
  "maxRegistersPerSM": 65536, "maxSharedMemoryPerBlock": 49152,
  "maxSharedMemoryPerBlockOptin": 232448, "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048,
  "memClockRateKHz": 2619000, "multiProcessorCount": 132, "pciDeviceId": 0, "regsPerBlock": 65536,
  "reservedSharedMemoryPerBlock": 1024, "smClockRateKHz": 1980000, "supportCoopLaunch": 1,
  "totalGlobalMem": 85000000000, "warpSize": 32})";

cudnn::AttentionKey vit_b(bool backward) {
  constexpr int64_t kBlocks = 8, kWidth = 768;
  return {.backward = backward,
          .blocks = kBlocks,
          .heads = 12,
          .head_dim = 64,
          .max_q = 197,
          .max_k = 197,
          .q_rows = kBlocks * 197,
          .q_stride = 3 * kWidth,
          .k_stride = 3 * kWidth,
          .v_stride = 3 * kWidth,
          .o_stride = kWidth,
          .dq_stride = 3 * kWidth,
          .dk_stride = 3 * kWidth,
          .dv_stride = 3 * kWidth,
          .scale = 0.125f};
}

// Why no engine runs the graph: with a GPU, or the reasons of every engine that might.
std::string verdict(const cudnn::AttentionKey& key, bool has_gpu) {
  try {
    build_attention(key, has_gpu ? "" : kH100);
    return "";
  } catch (const DeviceError& error) {
    return error.what();
  }
}

TEST_CASE("cudnn: an engine for every graph of attention", "[cudnn]") {
  if (skipped(cudnn::library_absence())) return;
  const bool has_gpu = medley::cuda::absence().empty();
  if (has_gpu && skipped(cudnn::absence())) return;
  // The toolkit's stub of the driver: cuDNN wants one before it compiles.
  if (!has_gpu && dlopen(MEDLEY_LIBCUDA_STUB, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    skipped("no libcuda, not even the stub " MEDLEY_LIBCUDA_STUB);
    return;
  }
  const auto check = [&](const char* what, const cudnn::AttentionKey& key) {
    CAPTURE(what, key.backward);
    const std::string why = verdict(key, has_gpu);
    if (has_gpu) {
      CHECK(why.empty());
    } else {
      CHECK_THAT(why, Catch::Contains("EXECUTION_FAILED_CUDA_DRIVER") &&
                          !Catch::Contains("NOT_SUPPORTED"));
    }
  };
  for (const bool backward : {false, true}) {
    check("plain", vit_b(backward));
    cudnn::AttentionKey key = vit_b(backward);
    key.causal = true, key.max_q = 40, key.q_rows = 8 * 40;
    check("causal, more keys than queries", key);
    key = vit_b(backward);
    key.ragged = true, key.causal = true, key.max_q = key.max_k = 30, key.q_rows = 150;
    check("ragged causal", key);
    key = vit_b(backward);
    key.dropout = 0.1f;
    check("dropout", key);
    key = vit_b(backward);
    backward ? key.deterministic = true : key.with_lse = false;
    check(backward ? "deterministic" : "without lse", key);
  }
}

TEST_CASE("cudnn: what it leaves to medley's kernels", "[cudnn]") {
  const int32_t kv_index = 0;
  AttentionForward<bf16> args{.shape = {.blocks = 2,
                                        .kv_blocks = 2,
                                        .heads = 2,
                                        .head_dim = 64,
                                        .dropout = {},
                                        .q_rows = 20,
                                        .k_rows = 30,
                                        .max_q = 10,
                                        .max_k = 15},
                              .q_stride = 128,
                              .k_stride = 128,
                              .v_stride = 128,
                              .o_stride = 128};
  const auto why_not = [&](auto change) {
    AttentionForward<bf16> changed = args;
    change(changed);
    const char* why = cudnn::why_not(changed);
    return std::string(why == nullptr ? "" : why);
  };
  using Catch::Contains;
  CHECK(why_not([](auto&) {}).empty());
  CHECK_THAT(why_not([&](auto& a) { a.shape.kv_index = &kv_index; }), Contains("share the keys"));
  CHECK_THAT(why_not([](auto& a) { a.shape.head_dim = 20; }), Contains("multiples of 8"));
  CHECK_THAT(why_not([](auto& a) { a.shape.head_dim = 256; }), Contains("up to 128"));
  CHECK_THAT(why_not([](auto& a) { a.shape.max_q = 0; }), Contains("longest block"));
  const int32_t cu_k[] = {0, 15, 30};  // another cut than that of q, which is null
  const auto cut = [&](auto& a) -> auto& { return a.shape.cu_k = cu_k, a.shape; };
  CHECK(why_not(cut).empty());
  CHECK(why_not([&](auto& a) { cut(a).causal = true; }).empty());
  CHECK(why_not([&](auto& a) { cut(a).q_rows = 19; }).empty());
  CHECK_THAT(why_not([&](auto& a) { cut(a).k_rows = 29; }), Contains("see no key"));
  CHECK_THAT(why_not([&](auto& a) { cut(a).causal = true, a.shape.max_q = 16; }),
             Contains("see no key"));
  CHECK(why_not([](auto& a) { a.shape.k_rows = a.shape.q_rows = 19; }).empty());
  CHECK_THAT(why_not([](auto& a) { a.k_stride = 132; }), Contains("rows that are aligned"));
  CHECK_THAT(why_not([](auto& a) { a.q = reinterpret_cast<const bf16*>(8); }),
             Contains("data aligned"));
  CHECK_THAT(why_not([](auto& a) { a.shape.q_rows = 0; }), Contains("nothing to compute"));
  CHECK_THAT(why_not([](auto& a) { a.shape.q_rows = 19, a.k_stride = int64_t{1} << 30; }),
             Contains("32 bits"));
}

// Relative to the largest value; the tolerance of cuDNN's own tests.
void check_near(const char* what, const Values& x, const Values& exact) {
  CAPTURE(what);
  double largest = 0;
  for (const double value : exact) largest = std::max(largest, std::abs(value));
  CHECK(largest_difference(x, exact) <= 2e-2 * largest);
}

void check_case(const cases::AttentionCase& c) {
  CAPTURE(c.name);
  AttentionProblem problem(c);
  for (Values* x : {&problem.q, &problem.k, &problem.v, &problem.d_o})
    *x = converted<double>(converted<bf16>(*x));
  const AttentionResult exact =
      problem.run<double>([](const auto& args) { kernels::reference::attention_forward(args); },
                          [](const auto& args) { kernels::reference::attention_backward(args); });

  const int64_t Tq = problem.cu_q.back(), Tk = problem.cu_k.back(), C = problem.width();
  const auto upload = [](const Values& x) { return DeviceBuffer<bf16>(converted<bf16>(x)); };
  const DeviceBuffer<int32_t> cu_q(problem.cu_q), cu_k(problem.cu_k);
  const bool same = c.q_lengths == c.k_lengths;
  const DeviceBuffer<bf16> q = upload(problem.q), k = upload(problem.k), v = upload(problem.v),
                           d_o = upload(problem.d_o);
  DeviceBuffer<bf16> o(Tq * C), dq(Tq * C), dk(Tk * C), dv(Tk * C);
  DeviceBuffer<float> lse(c.heads * Tq);
  const auto longest = [](const std::vector<int32_t>& lengths) {
    return int64_t{*std::max_element(lengths.begin(), lengths.end())};
  };
  const kernels::AttentionShape<bf16> shape{.blocks = static_cast<int64_t>(c.q_lengths.size()),
                                            .kv_blocks = static_cast<int64_t>(c.k_lengths.size()),
                                            .cu_q = cu_q.data(),
                                            .cu_k = same ? cu_q.data() : cu_k.data(),
                                            .heads = c.heads,
                                            .head_dim = c.head_dim,
                                            .scale = static_cast<float>(problem.scale()),
                                            .causal = c.causal,
                                            .dropout = {},
                                            .q_rows = Tq,
                                            .k_rows = Tk,
                                            .max_q = longest(c.q_lengths),
                                            .max_k = longest(c.k_lengths)};
  const AttentionForward<bf16> forward{.shape = shape,
                                       .q = q.data(),
                                       .k = k.data(),
                                       .v = v.data(),
                                       .q_stride = C,
                                       .k_stride = C,
                                       .v_stride = C,
                                       .o = o.data(),
                                       .o_stride = C,
                                       .lse = lse.data()};
  REQUIRE(cudnn::why_not(forward) == nullptr);
  cudnn::attention_forward(forward, stream());
  check_near("o", o.values(), exact.o);
  check_near("lse", lse.values(), exact.lse);
  for (const bool deterministic : {false, true}) {
    cudnn::attention_backward({.shape = shape,
                               .q = q.data(),
                               .k = k.data(),
                               .v = v.data(),
                               .q_stride = C,
                               .k_stride = C,
                               .v_stride = C,
                               .o = o.data(),
                               .d_o = d_o.data(),
                               .o_stride = C,
                               .lse = lse.data(),
                               .dq = dq.data(),
                               .dk = dk.data(),
                               .dv = dv.data(),
                               .dq_stride = C,
                               .dk_stride = C,
                               .dv_stride = C},
                              deterministic, stream());
    check_near("dq", dq.values(), exact.dq);
    check_near("dk", dk.values(), exact.dk);
    check_near("dv", dv.values(), exact.dv);
  }
}

TEST_CASE("cudnn: attention and its gradient against the reference", "[cudnn]") {
  if (skipped(cudnn::absence())) return;
  check_case({"bidirectional", {197, 197}, {197, 197}, {}, 3, 64});
  check_case({"cross", {40, 40}, {197, 197}, {}, 3, 64});
  check_case({"causal", {30, 30}, {30, 30}, {}, 3, 64, true});
  check_case({"ragged causal", {30, 7, 19}, {30, 7, 19}, {}, 3, 64, true});
  check_case({"ragged cross", {30, 7, 19}, {64, 64, 64}, {}, 3, 32});
}

}  // namespace
}  // namespace medley::tests
#elif !defined(MEDLEY_CUDA_EMULATED)
TEST_CASE("cudnn: a build without it", "[cudnn]") {
  std::cout << "skipped: cudnn: " << medley::kernels::cuda::cudnn::absence() << "\n";
  SUCCEED("no cuDNN");
}
#endif
