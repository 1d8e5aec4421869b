// A warp-specialised product of sm_90: one warp copies by TMA, a warpgroup multiplies by wgmma,
// mbarriers between them. Right, and with each mistake that is made in such kernels.
#include <cmath>
#include <vector>

#include "core/bf16.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/mbarrier.h"
#include "kernels/cuda/device/proxy.h"
#include "kernels/cuda/device/wgmma.h"
#include "kernels/cuda/emulator/counters.h"
#include "kernels/cuda/tensor_map.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;
using medley::bf16;

namespace {

constexpr int kStages = 3, kTileBytes = 64 * 128, kStageBytes = 2 * kTileBytes;
constexpr int kSteps = 7, kDepth = kSteps * 64 - 8;  // the last box reaches outside

enum class Bug {
  none,
  no_wait_for_empty,
  wrong_parity,
  expect_too_small,
  expect_too_large,
  early_release,
  no_fence,
  no_wgmma_wait,
  no_init,
  init_twice,
  zero_arrivals,
  parity_two,
  misaligned,
  outside
};

// c[64][64] = a[64][K] b[64][K]^T
__global__ void __launch_bounds__(160, 1)
    product_kernel(const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b,
                   float* c, Bug bug) {
  MEDLEY_SHARED(memory);
  auto* const full = reinterpret_cast<uint64_t*>(memory + kStages * kStageBytes);
  uint64_t* const empty = full + kStages;
  const int t = static_cast<int>(threadIdx.x);
  if (t == 0 && bug != Bug::no_init) {
    for (int i = 0; i < kStages; ++i) {
      mbarrier_init(full + i, bug == Bug::zero_arrivals ? 0 : 1);
      mbarrier_init(empty + i, 128);
    }
    if (bug == Bug::init_twice) mbarrier_init(empty, 128);
    fence_mbarrier_init();
  }
  __syncthreads();
  if (t >= 128) {
    lower_registers<40>();
    for (int step = 0; t == 128 && step < kSteps; ++step) {
      const int stage = step % kStages;
      unsigned char* const tile = memory + stage * kStageBytes + (bug == Bug::misaligned ? 16 : 0);
      if (bug != Bug::no_wait_for_empty) mbarrier_wait(empty + stage, (step / kStages & 1) ^ 1);
      const uint32_t bytes = bug == Bug::expect_too_small   ? kTileBytes
                             : bug == Bug::expect_too_large ? kStageBytes + 16
                                                            : kStageBytes;
      mbarrier_arrive_expect(full + stage, bytes);
      tma_load(tile, a, step * 64, 0, full + stage);
      tma_load(tile + (bug == Bug::outside ? kStages * kStageBytes : kTileBytes), b, step * 64, 0,
               full + stage);
    }
  } else {
    raise_registers<208>();
    float d[32] = {};
    for (int step = 0; step < kSteps; ++step) {
      const int stage = step % kStages;
      const unsigned char* const tile = memory + stage * kStageBytes;
      const uint32_t parity = step / kStages & 1;
      mbarrier_wait(full + stage, bug == Bug::parity_two     ? 2
                                  : bug == Bug::wrong_parity ? parity ^ 1
                                                             : parity);
      if (bug != Bug::no_fence) wgmma_fence();
      for (int k = 0; k < 4; ++k)
        wgmma_m64k16<64>(d, wgmma_descriptor(tile) + 2 * k,
                         wgmma_descriptor(tile + kTileBytes) + 2 * k, step + k > 0);
      wgmma_commit();
      if (bug == Bug::early_release) mbarrier_arrive(empty + stage);
      if (bug == Bug::early_release && step + 1 < kSteps)
        wgmma_wait<1>();
      else if (bug != Bug::no_wgmma_wait)
        wgmma_wait<0>();
      if (bug != Bug::early_release) mbarrier_arrive(empty + stage);
    }
    for (int i = 0; i < 32; ++i)
      c[(t / 32 * 16 + t % 32 / 4 + i / 2 % 2 * 8) * 64 + i / 4 * 8 + t % 4 * 2 + i % 2] = d[i];
  }
}

__global__ void __launch_bounds__(128) two_products_kernel(float* out) {
  MEDLEY_SHARED(memory);  // tiles of ones [64][64] and [128][64]
  auto* const tiles = reinterpret_cast<uint32_t*>(memory);
  const int t = static_cast<int>(threadIdx.x);
  for (int i = t; i < 3 * 64 * 32; i += 128) tiles[i] = pack_bf16(1.0f, 1.0f);
  fence_proxy_async();
  __syncthreads();
  float first[32] = {}, second[64];
  wgmma_fence();
  wgmma_m64k16<64>(first, wgmma_descriptor(memory), wgmma_descriptor(memory), true);
  wgmma_commit();
  wgmma_m64k16<128>(second, wgmma_descriptor(memory), wgmma_descriptor(memory + kTileBytes), false);
  wgmma_commit();
  wgmma_wait<1>();
  out[t] = first[t % 32];         // done
  out[t + 128] = second[t % 64];  // under way: NaN
  wgmma_wait<0>();
  out[t + 256] = second[t % 64];
}

bool product_is_right(Bug bug) {
  std::vector<bf16> a(64 * kDepth), b(64 * kDepth);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = bf16(static_cast<float>(i * 7 % 19) - 9);
    b[i] = bf16(static_cast<float>(i * 5 % 23) - 11);
  }
  std::vector<float> c(64 * 64, std::nanf(""));
  launch(product_kernel, {"product", 1, 160, kStages * kStageBytes + 2 * kStages * 8}, {},
         make_tensor_map(a.data(), 64, kDepth, kDepth * 2, 64, 64),
         make_tensor_map(b.data(), 64, kDepth, kDepth * 2, 64, 64), c.data(), bug);
  for (size_t i = 0; i < 64; ++i) {
    for (size_t j = 0; j < 64; ++j) {
      double sum = 0;
      for (size_t k = 0; k < kDepth; ++k)
        sum +=
            double{static_cast<float>(a[i * kDepth + k])} * static_cast<float>(b[j * kDepth + k]);
      if (!(c[i * 64 + j] == sum)) return false;
    }
  }
  return true;
}

std::string product_report(Bug bug, uint64_t seed = 0) {
  const WithOptions options(seed);
  return report_of([&] { product_is_right(bug); });
}

}  // namespace

TEST_CASE("emulator: TMA, mbarrier and wgmma compute a product under every schedule") {
  CHECK(failing_schedules(8, [] { return product_is_right(Bug::none); }) == 0);
  CHECK(emulator::last_launch_counters().wgmma == 4 * kSteps);
  CHECK(emulator::last_launch_counters().tma_bytes == kSteps * kStageBytes);
}

TEST_CASE("emulator: mistakes with mbarriers are found") {
  const auto failing = [](Bug bug) {
    return failing_schedules(8, [&] { return product_is_right(bug); });
  };
  CHECK(failing(Bug::no_wait_for_empty) == 8);
  CHECK(failing(Bug::wrong_parity) == 8);
  CHECK(failing(Bug::expect_too_small) == 8);
  CHECK(failing(Bug::expect_too_large) == 8);
#if !defined(MEDLEY_EMULATOR_TSAN)          // which reports it itself
  CHECK(failing(Bug::early_release) >= 6);  // a schedule may run all products early
#endif
}

TEST_CASE("emulator: reports about mbarriers, TMA and wgmma") {
  CHECK_THAT(product_report(Bug::expect_too_small),
             Contains("the block exits while 7 copies by TMA to its shared memory are under way"));
  CHECK_THAT(product_report(Bug::expect_too_small, 1),
             Contains("the copy brings 8192 bytes to the mbarrier at byte 491") &&
                 Contains("which expects 0: mbarrier_arrive_expect announced too few") &&
                 Contains("tests/emulator/sm90_test.cpp:"));
  CHECK_THAT(product_report(Bug::expect_too_large),
             Contains("deadlock") && Contains("128 wait at mbarrier_wait"));
  CHECK_THAT(product_report(Bug::no_init), Contains("mbarrier_init has not run"));
  CHECK_THAT(product_report(Bug::init_twice),
             Contains("there is an mbarrier at byte 49176 already"));
  CHECK_THAT(product_report(Bug::zero_arrivals), Contains("a phase of 0 arrivals"));
  CHECK_THAT(product_report(Bug::parity_two), Contains("a parity is 0 or 1, not 2"));
  CHECK_THAT(product_report(Bug::misaligned),
             Contains("tma_load: misaligned shared address: byte 16 is not a multiple of 1024"));
  CHECK_THAT(product_report(Bug::outside),
             Contains("tma_load: address outside this block's shared memory"));
  CHECK_THAT(product_report(Bug::no_fence), Contains("wgmma_fence must come between"));
  CHECK_THAT(product_report(Bug::no_wgmma_wait),
             Contains("wgmma_fence must come between") || Contains("without wgmma_wait"));
}

TEST_CASE("emulator: wgmma results are NaN until their group was waited for") {
  for (const uint64_t seed : {0, 1, 2, 3}) {
    const WithOptions options(seed);
    std::vector<float> out(3 * 128, 0.0f);
    launch(two_products_kernel, {"two_products", 1, 128, 3 * kTileBytes}, {}, out.data());
    for (size_t t = 0; t < 128; ++t) {
      CHECK(out[t] == 16.0f);
      CHECK(std::isnan(out[t + 128]));
      CHECK(out[t + 256] == 16.0f);
    }
  }
}

TEST_CASE("tensor maps: what TMA cannot copy is refused") {
  alignas(16) const bf16 base[8] = {};
  CHECK_NOTHROW(make_tensor_map(base, 1, 8, 16, 1, 8));
  CHECK_THROWS_WITH(make_tensor_map(base + 1, 1, 8, 16, 1, 8), Contains("multiple of 16"));
  CHECK_THROWS_WITH(make_tensor_map(base, 1, 8, 24, 1, 8), Contains("24 bytes apart"));
  CHECK_THROWS_WITH(make_tensor_map(base, 1, 8, 16, 1, 72), Contains("box of 72 columns"));
  CHECK_THROWS_WITH(make_tensor_map(base, 1, 8, 16, 257, 8), Contains("box of 257 rows"));
}
