// Shuffles and votes against plain loops, and lanes that do not agree.
#include <vector>

#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;

namespace {

struct Shuffled {
  int index, up, down, exclusive_or;
  double wide;
};

__global__ void shuffle_kernel(Shuffled* out, int operand, int width) {
  const int t = static_cast<int>(threadIdx.x), value = 100 + t;
  out[t].index = __shfl_sync(~0u, value, operand, width);
  out[t].up = __shfl_up_sync(~0u, value, static_cast<unsigned>(operand), width);
  out[t].down = __shfl_down_sync(~0u, value, static_cast<unsigned>(operand), width);
  out[t].exclusive_or = __shfl_xor_sync(~0u, value, operand, width);
  out[t].wide = __shfl_sync(~0u, t + 0.5, t + 1);  // each lane its own source
}

__global__ void vote_kernel(unsigned* out) {
  const unsigned t = threadIdx.x;
  out[t] = __ballot_sync(~0u, t % 5 == 2);
  if (t < 8) out[t + 32] = __ballot_sync(0xff, t % 2);
  out[t + 64] = static_cast<unsigned>(__any_sync(~0u, t == 9) + 2 * __all_sync(~0u, t < 32) +
                                      4 * __any_sync(~0u, 0) + 8 * __all_sync(~0u, t != 9));
}

enum class Bug { divergent, other_mask, not_in_mask, reads_outside, exited };

__global__ void lanes_kernel(Bug bug, int* out) {
  const unsigned t = threadIdx.x;
  int value = static_cast<int>(t);
  if (bug == Bug::divergent) {
    if (t % 32 < 16)
      value = __shfl_xor_sync(~0u, value, 1);
    else
      value = __shfl_down_sync(~0u, value, 1);
  }
  if (bug == Bug::other_mask) value = __shfl_xor_sync(t == 36 ? 0x7fffffffu : ~0u, value, 1);
  if (bug == Bug::not_in_mask && t == 4) value = __shfl_sync(1u, value, 0);
  if (bug == Bug::reads_outside && t < 16) value = __shfl_xor_sync(0xffffu, value, 16);
  if (bug == Bug::exited) {
    if (t == 7) return;
    value = __shfl_xor_sync(~0u, value, 1);
  }
  out[t] = value;
}

std::string lanes_report(Bug bug, uint64_t seed = 0) {
  const WithOptions options(seed);
  std::vector<int> out(64);
  return report_of([&] { launch(lanes_kernel, {"lanes", 1, 64}, {}, bug, out.data()); });
}

}  // namespace

TEST_CASE("emulator: shuffles read the lane that the PTX manual says") {
  for (const int width : {32, 16, 8, 2}) {
    for (const int operand : {0, 1, 3, 5, 17, 31}) {
      std::vector<Shuffled> out(32);
      launch(shuffle_kernel, {"shuffle", 1, 32}, {}, out.data(), operand, width);
      for (int lane = 0; lane < 32; ++lane) {
        const Shuffled& got = out[static_cast<size_t>(lane)];
        const int segment = lane / width * width;
        CHECK(got.index == 100 + segment + operand % width);
        CHECK(got.up == 100 + (lane - operand >= segment ? lane - operand : lane));
        CHECK(got.down == 100 + (lane + operand < segment + width ? lane + operand : lane));
        const int other = lane ^ operand;
        CHECK(got.exclusive_or == 100 + (other < segment + width ? other : lane));
        CHECK(got.wide == (lane + 1) % 32 + 0.5);
      }
    }
  }
}

TEST_CASE("emulator: votes") {
  std::vector<unsigned> out(96, 0u);
  launch(vote_kernel, {"vote", 1, 32}, {}, out.data());
  for (size_t lane = 0; lane < 32; ++lane) {
    CHECK(out[lane] == 0x08421084u);
    CHECK(out[lane + 32] == (lane < 8 ? 0xaau : 0u));
    CHECK(out[lane + 64] == 3u);
  }
}

TEST_CASE("emulator: lanes that do not meet are reported with both lines") {
  for (const uint64_t seed : {0, 1, 2}) {
    const std::string report = lanes_report(Bug::divergent, seed);
    CHECK_THAT(report, Contains("lanes of one warp meet at different operations"));
    CHECK_THAT(report, Contains("__shfl_xor_sync (tests/emulator/warp_test.cpp:"));
    CHECK_THAT(report, Contains("__shfl_down_sync (tests/emulator/warp_test.cpp:"));
    CHECK_THAT(lanes_report(Bug::other_mask, seed), Contains("lanes disagree about the mask"));
  }
  CHECK_THAT(lanes_report(Bug::not_in_mask),
             Contains("thread 4 (warp 0, lane 4)") &&
                 Contains("__shfl_sync: the calling lane is not in the mask 0x1"));
  CHECK_THAT(lanes_report(Bug::reads_outside),
             Contains("lane 0 reads lane 16, which is not in the mask 0xffff"));
  CHECK_THAT(lanes_report(Bug::exited),
             Contains("31 wait at __shfl_xor_sync") && Contains("have exited: threads 7, 32-63"));
}
