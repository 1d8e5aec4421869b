// Barriers: what they promise, and the ways to get them wrong.
#include "kernels/cuda/device/barrier.h"

#include <numeric>
#include <vector>

#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;

namespace {

__global__ void votes_kernel(int* out) {
  const int t = static_cast<int>(threadIdx.x);
  const int count = __syncthreads_count(t % 3 == 0);
  const int any = __syncthreads_or(t == 77), none = __syncthreads_or(t == 1000);
  const int all = __syncthreads_and(t < 1000), not_all = __syncthreads_and(t != 77);
  if (count == 43 && any && !none && all && !not_all) out[t] = 1;
}

enum class Bug { none, conditional, exit_before, other_line, lane_missing };

__global__ void barrier_kernel(Bug bug) {
  const unsigned t = threadIdx.x;
  if (bug == Bug::exit_before && t >= 100) return;
  if (bug == Bug::other_line && t == 40) __syncthreads();
  if (bug == Bug::lane_missing && t == 40) named_barrier_sync(1, 64);
  if (bug != Bug::conditional || t < 100) __syncthreads();
  if (bug == Bug::conditional) __syncwarp();
}

enum class NamedBug { none, id, count, disagree, forgotten };

// Warps 0 and 1 produce, 2 and 3 consume.
__global__ void named_kernel(NamedBug bug, int* out) {
  MEDLEY_SHARED(memory);
  auto* const values = reinterpret_cast<int*>(memory);
  const unsigned t = threadIdx.x;
  if (t < 64) {
    values[t] = static_cast<int>(t);
    if (bug == NamedBug::id) named_barrier_arrive(0, 128);
    if (bug == NamedBug::count) named_barrier_arrive(1, 100);
    if (bug == NamedBug::forgotten && t < 32) return;
    named_barrier_arrive(1, 128);
  } else {
    named_barrier_sync(1, bug == NamedBug::disagree ? 96 : 128);
    out[t - 64] = values[127 - t];
  }
}

std::string named_report(NamedBug bug) {
  std::vector<int> out(64);
  return report_of([&] { launch(named_kernel, {"named", 1, 128, 256}, {}, bug, out.data()); });
}

std::string barrier_report(Bug bug) {
  return report_of([&] { launch(barrier_kernel, {"barriers", {2, 1, 3}, 128}, {}, bug); });
}

}  // namespace

TEST_CASE("emulator: barriers count, or and and their predicates") {
  CHECK(failing_schedules(8, [] {
          std::vector<int> out(128, 0);
          launch(votes_kernel, {"votes", 1, 128}, {}, out.data());
          return std::accumulate(out.begin(), out.end(), 0) == 128;
        }) == 0);
}

TEST_CASE("emulator: a barrier that some threads do not reach is a deadlock, told in words") {
  CHECK(barrier_report(Bug::none).empty());
  const std::string report = barrier_report(Bug::conditional);
  CHECK_THAT(report, Contains("[barriers] block (0, 0, 0): deadlock: no thread can go on"));
  CHECK_THAT(report, Contains("100 wait at __syncthreads, tests/emulator/barrier_test.cpp:"));
  CHECK_THAT(report, Contains(": threads 0-99\n  28 wait at __syncwarp, "));
  const std::string left = barrier_report(Bug::exit_before);
  CHECK_THAT(left, Contains("100 wait at __syncthreads, "));
  CHECK_THAT(left, Contains("28 have exited: threads 100-127"));
}

TEST_CASE("emulator: lanes of a warp at different barriers are reported") {
  const std::string report = barrier_report(Bug::other_line);
  CHECK_THAT(report, Contains("lanes of one warp meet at different operations: lane 0 of warp 1 at "
                              "__syncthreads (tests/emulator/barrier_test.cpp:"));
  CHECK_THAT(report, Contains("lane 8 at __syncthreads"));
  CHECK_THAT(barrier_report(Bug::lane_missing), Contains("1 wait at named_barrier_sync, "));
}

TEST_CASE("emulator: named barriers order producers and consumers") {
  CHECK(failing_schedules(8, [] {
          std::vector<int> out(64, -1);
          launch(named_kernel, {"named", 1, 128, 256}, {}, NamedBug::none, out.data());
          bool good = true;
          for (int i = 0; i < 64; ++i) good = good && out[static_cast<size_t>(i)] == 63 - i;
          return good;
        }) == 0);
  CHECK_THAT(named_report(NamedBug::id), Contains("numbers 1 to 15, not 0"));
  CHECK_THAT(named_report(NamedBug::count), Contains("100 threads is not a multiple of 32"));
  CHECK_THAT(
      named_report(NamedBug::disagree),
      Contains("barrier 1 is used for 96 threads here and for 128 by those that came before"));
  CHECK_THAT(named_report(NamedBug::forgotten), Contains("64 wait at named_barrier_sync"));
}
