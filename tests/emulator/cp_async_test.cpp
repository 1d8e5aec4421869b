// A two-stage cp.async pipeline that sums the columns of a matrix, right and with each mistake that
// is made in such kernels.
#include "kernels/cuda/device/cp_async.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;

namespace {

constexpr int kRows = 16, kColumns = 32, kThreads = 128;  // of a tile; 16 bytes a thread

enum class Bug {
  none,
  no_barrier_after_wait,
  no_barrier_before_reuse,
  wrong_wait,
  no_zero_fill,
  uncommitted,
  misaligned,
  outside
};

// out[column] += in[rows][32], by the first warp; each other warp only copies.
__global__ void column_sum_kernel(const float* in, int rows, float* out, Bug bug) {
  MEDLEY_SHARED(memory);
  auto* const tiles = reinterpret_cast<float*>(memory);  // [2][kRows][kColumns]
  const int t = static_cast<int>(threadIdx.x);
  const int count = (rows + kRows - 1) / kRows;
  const auto copy = [&](int tile) {
    const int row = tile * kRows + t / 8, column = t % 8 * 4;
    const bool valid = row < rows;
    float* to = tiles + tile % 2 * kRows * kColumns + t * 4;
    if (bug == Bug::misaligned) to += 1;
    if (bug == Bug::outside && t == 127) to += kRows * kColumns;
    if (valid || bug != Bug::no_zero_fill)
      cp_async16(to, in + (valid ? row * kColumns + column : 0), valid);
    if (bug != Bug::uncommitted || tile == 0) cp_async_commit();
  };
  copy(0);
  float sum = 0;
  for (int tile = 0; tile < count; ++tile) {
    if (tile + 1 < count) {
      copy(tile + 1);
      bug == Bug::wrong_wait ? cp_async_wait<2>() : cp_async_wait<1>();
    } else {
      bug == Bug::wrong_wait ? cp_async_wait<1>() : cp_async_wait<0>();
    }
    if (bug != Bug::no_barrier_after_wait) __syncthreads();
    if (t < kColumns)
      for (int row = 0; row < kRows; ++row) sum += tiles[(tile % 2 * kRows + row) * kColumns + t];
    if (bug != Bug::no_barrier_before_reuse) __syncthreads();
  }
  if (t < kColumns) out[t] = sum;
}

bool column_sums_are_right(Bug bug) {
  constexpr int rows = 75;
  std::vector<float> in(rows * kColumns), out(kColumns, std::nanf(""));
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i % 17);
  launch(column_sum_kernel, {"column_sum", 1, kThreads, 2 * kRows * kColumns * sizeof(float)}, {},
         in.data(), rows, out.data(), bug);
  for (size_t c = 0; c < kColumns; ++c) {
    float sum = 0;
    for (size_t r = 0; r < rows; ++r) sum += in[r * kColumns + c];
    if (!(out[c] == sum)) return false;
  }
  return true;
}

std::string column_sum_report(Bug bug) {
  return report_of([&] { column_sums_are_right(bug); });
}

int failing(Bug bug) {
  return failing_schedules(16, [&] { return column_sums_are_right(bug); });
}

}  // namespace

TEST_CASE("emulator: a cp.async pipeline works under every schedule") {
  CHECK(failing(Bug::none) == 0);
}

#if !defined(MEDLEY_EMULATOR_TSAN)  // which reports the first two itself, see races.cpp
TEST_CASE("emulator: missing barriers of a cp.async pipeline give wrong results") {
  CHECK(failing(Bug::no_barrier_after_wait) == 16);
  CHECK(failing(Bug::no_barrier_before_reuse) >= 12);  // threads in order pass by luck
}
#endif

TEST_CASE("emulator: copies land as late as the waits allow, and tails are zero only if filled") {
  CHECK(failing(Bug::wrong_wait) == 16);
  CHECK(failing(Bug::no_zero_fill) == 16);
}

TEST_CASE("emulator: wrong uses of cp.async are reported") {
  CHECK_THAT(column_sum_report(Bug::uncommitted),
             Contains("cp_async_test.cpp:") &&
                 Contains("cp.async: the thread exits without having committed this copy"));
  CHECK_THAT(column_sum_report(Bug::misaligned),
             Contains("cp.async: misaligned shared address: byte 4 is not a multiple of 16"));
  CHECK_THAT(column_sum_report(Bug::outside),
             Contains("thread 127 (warp 3, lane 31)") &&
                 Contains("cp.async: address outside this block's shared memory: bytes 6128 to "
                          "6144 of 4096"));
}
