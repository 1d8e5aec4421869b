// ldmatrix and mma against plain loops, and what goes wrong with addresses.
#include <cmath>
#include <cstring>
#include <vector>

#include "core/philox.h"
#include "kernels/cuda/device/ldmatrix.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/emulator/counters.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;
using medley::bf16;

namespace {

__global__ void ldmatrix_kernel(const uint16_t* in, uint32_t* out, uint32_t* transposed) {
  MEDLEY_SHARED(memory);
  auto* const tile = reinterpret_cast<uint16_t*>(memory);  // [32][8]: four matrices
  const unsigned lane = threadIdx.x;
  std::memcpy(tile + lane * 8, in + lane * 8, 16);
  __syncwarp();
  uint32_t r[4];
  ldmatrix_x4(r, tile + lane * 8);
  std::memcpy(out + lane * 4, r, sizeof r);
  ldmatrix_x4_trans(r, tile + lane * 8);
  std::memcpy(transposed + lane * 4, r, sizeof r);
}

// A 16 x 64 tile of bf16, rows of 128 bytes. Swizzled: chunk c of row r lies at c ^ (r % 8).
__global__ void rows_kernel(bool swizzled, int first_row, uint32_t* out) {
  MEDLEY_SHARED(memory);
  const int lane = static_cast<int>(threadIdx.x), row = first_row + lane % 16;
  uint32_t sum = 0;
  for (int step = 0; step < 4; ++step) {
    const int chunk = step * 2 + lane / 16;
    uint32_t r[4];
    ldmatrix_x4(r, memory + row * 128 + (swizzled ? chunk ^ row % 8 : chunk) * 16);
    sum += r[0];
  }
  out[lane] = sum;
}

__global__ void misaligned_kernel() {
  MEDLEY_SHARED(memory);
  uint32_t r[4];
  ldmatrix_x4(r, memory + threadIdx.x * 16 + 8 * (threadIdx.x == 9));
}

// d = c + a b by one warp, fragments gathered as the PTX manual draws them.
__global__ void mma_kernel(const bf16* a, const bf16* b, float* d) {
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, t = lane % 4 * 2;
  const auto pair = [](bf16 low, bf16 high) {
    return low.bits | static_cast<uint32_t>(high.bits) << 16;
  };
  uint32_t fa[4], fb[2];
  for (int i = 0; i < 4; ++i) {
    const bf16* const row = a + (g + i % 2 * 8) * 16 + t + i / 2 * 8;
    fa[i] = pair(row[0], row[1]);
  }
  for (int i = 0; i < 2; ++i) fb[i] = pair(b[(t + i * 8) * 8 + g], b[(t + i * 8 + 1) * 8 + g]);
  float* const rows[4] = {d + g * 8 + t, d + g * 8 + t + 1, d + (g + 8) * 8 + t,
                          d + (g + 8) * 8 + t + 1};
  float fd[4] = {*rows[0], *rows[1], *rows[2], *rows[3]};
  mma_m16n8k16(fd, fa, fb);
  for (int i = 0; i < 4; ++i) *rows[i] = fd[i];
}

__global__ void mma_tf32_kernel(const float* a, const float* b, float* d) {
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, t = lane % 4;
  uint32_t fa[4], fb[2];
  for (int i = 0; i < 4; ++i) fa[i] = to_tf32(a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
  for (int i = 0; i < 2; ++i) fb[i] = to_tf32(b[(t + i * 4) * 8 + g]);
  float fd[4] = {};
  mma_m16n8k8_tf32(fd, fa, fb);
  for (int i = 0; i < 4; ++i) d[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = fd[i];
}

template <class T>
std::vector<T> random_values(size_t n, uint64_t seed) {
  std::vector<T> values;
  for (size_t i = 0; i < n; ++i) {
    const auto word = medley::philox4x32({static_cast<uint32_t>(i), 0, 0, 0},
                                         {static_cast<uint32_t>(seed), 0})[0];
    values.push_back(T(static_cast<float>(word) * 0x1p-31f - 1.0f));
  }
  return values;
}

}  // namespace

TEST_CASE("emulator: ldmatrix hands out fragments, plain and transposed") {
  std::vector<uint16_t> in(256);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<uint16_t>(i);
  std::vector<uint32_t> out(128), transposed(128);
  launch(ldmatrix_kernel, {"ldmatrix", 1, 32, 512}, {}, in.data(), out.data(), transposed.data());
  for (uint32_t lane = 0; lane < 32; ++lane) {
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t row = lane / 4, column = lane % 4 * 2;
      const auto element = [&](uint32_t r, uint32_t c) { return i * 64 + r * 8 + c; };
      CHECK(out[lane * 4 + i] == (element(row, column) | element(row, column + 1) << 16));
      CHECK(transposed[lane * 4 + i] == (element(column, row) | element(column + 1, row) << 16));
    }
  }
}

TEST_CASE("emulator: the swizzle shows in the bank conflicts of ldmatrix") {
  std::vector<uint32_t> out(32);
  launch(rows_kernel, {"rows", 1, 32, 2048}, {}, true, 0, out.data());
  CHECK(emulator::last_launch_counters().ldmatrix == 16);
  CHECK(emulator::last_launch_counters().ldmatrix_conflicts == 0);
  launch(rows_kernel, {"rows", 1, 32, 2048}, {}, false, 0, out.data());
  CHECK(emulator::last_launch_counters().ldmatrix_conflicts == 16 * 7);  // all rows in one group
}

TEST_CASE("emulator: ldmatrix outside shared memory or misaligned is reported with its line") {
  std::vector<uint32_t> out(32);
  const std::string outside = report_of([&] {
    launch(rows_kernel, {"rows", 1, 32, 2048}, {}, false, 8, out.data());
  });
  CHECK_THAT(outside, Contains("thread 8 (warp 0, lane 8) at tests/emulator/matrix_test.cpp:") &&
                          Contains("ldmatrix_x4: address outside this block's shared memory: bytes "
                                   "2048 to 2064 of 2048"));
  const std::string misaligned = report_of([&] {
    launch(misaligned_kernel, {"misaligned", 1, 32, 1024}, {});
  });
  CHECK_THAT(misaligned, Contains("ldmatrix_x4: misaligned shared address: byte 152 is not a "
                                  "multiple of 16"));
}

TEST_CASE("emulator: mma in bf16 is the matrix product") {
  const auto a = random_values<bf16>(16 * 16, 1), b = random_values<bf16>(16 * 8, 2);
  const auto c = random_values<float>(16 * 8, 3);
  std::vector<float> d = c;
  launch(mma_kernel, {"mma", 1, 32}, {}, a.data(), b.data(), d.data());
  for (size_t row = 0; row < 16; ++row) {
    for (size_t column = 0; column < 8; ++column) {
      double sum = c[row * 8 + column];
      for (size_t k = 0; k < 16; ++k)
        sum += double{static_cast<float>(a[row * 16 + k])} * static_cast<float>(b[k * 8 + column]);
      CHECK(d[row * 8 + column] == Approx(sum).margin(1e-6));
    }
  }
  CHECK(emulator::last_launch_counters().mma == 1);
}

TEST_CASE("emulator: mma in tf32 is the product of rounded operands") {
  const auto a = random_values<float>(16 * 8, 4), b = random_values<float>(8 * 8, 5);
  std::vector<float> d(16 * 8, std::nanf(""));
  launch(mma_tf32_kernel, {"mma_tf32", 1, 32}, {}, a.data(), b.data(), d.data());
  const auto rounded = [](float x) {  // to 10 bits of mantissa, ties away from zero
    int exponent = 0;
    const float mantissa = std::frexp(x, &exponent);
    return std::ldexp(std::round(std::ldexp(double{mantissa}, 11)), exponent - 11);
  };
  for (size_t row = 0; row < 16; ++row) {
    for (size_t column = 0; column < 8; ++column) {
      double sum = 0;
      for (size_t k = 0; k < 8; ++k) sum += rounded(a[row * 8 + k]) * rounded(b[k * 8 + column]);
      CHECK(d[row * 8 + column] == Approx(sum).margin(1e-6));
    }
  }
}
