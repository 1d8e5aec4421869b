// What a launch is refused for, and what it counts.
#include <vector>

#include "core/scope.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/emulator/counters.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using Catch::Contains;

namespace {

__global__ void nothing_kernel(int* runs) { atomicAdd(runs, 1); }

// Lane t of a warp reads and writes 16 bytes at `stride` floats from the lane before.
__global__ void strided_kernel(const float* in, float* out, int stride) {
  MEDLEY_SHARED(memory);
  auto* const tile = reinterpret_cast<float*>(memory);
  const int t = static_cast<int>(threadIdx.x);
  store(tile + t * stride, load<float4>(in + t * stride));
  __syncwarp();
  store(out + t * 4, load<float4>(tile + t * stride));
}

std::string refusal(Launch how) {
  int runs = 0;
  try {
    launch(nothing_kernel, how, {}, &runs);
    return {};
  } catch (const medley::DeviceError& error) {
    CHECK(runs == 0);
    return error.what();
  }
}

emulator::Counters strided(int stride) {
  WithOptions options(0);
  emulator::options().count_accesses = true;
  alignas(128) static float in[32 * 64], out[32 * 4];
  launch(strided_kernel, {"strided", 1, 32, sizeof in}, {}, static_cast<const float*>(in), out,
         stride);
  return emulator::last_launch_counters();
}

}  // namespace

TEST_CASE("launch: an empty grid does nothing") {
  int runs = 0;
  launch(nothing_kernel, {"nothing", {3, 0}, 32}, {}, &runs);
  CHECK(runs == 0);
  launch(nothing_kernel, {"nothing", {3, 2}, 32}, {}, &runs);
  CHECK(runs == 3 * 2 * 32);
}

TEST_CASE("launch: limits of the architecture") {
  const WithOptions options(0);
  const medley::Scope scope("layer", 3);
  CHECK_THAT(refusal({"big_block", 1, 1025}),
             Contains("[big_block] cannot be launched: threads in a block: 1025, and sm_90 allows "
                      "1024 (grid 1x1x1, block 1025x1x1, 0 bytes of shared memory)") &&
                 Contains("in layer[3]"));
  CHECK_THAT(refusal({"k", 1, {32, 33}}), Contains("threads in a block: 1056"));
  CHECK_THAT(refusal({"k", 1, {1, 1, 65}}), Contains("block.z: 65"));
  CHECK_THAT(refusal({"k", 1, {32, 0}}), Contains("a block without threads"));
  CHECK_THAT(refusal({"k", {1, 65536}, 32}), Contains("grid.y: 65536, and sm_90 allows 65535"));
  CHECK_THAT(refusal({"k", {1, 1, 65536}, 32}), Contains("grid.z: 65536"));
  CHECK_THAT(refusal({"k", 1, 32, (227 << 10) + 1}), Contains("bytes of shared memory: 232449"));
  CHECK(refusal({"k", 1, 1024, 227 << 10}).empty());
  emulator::options().architecture = emulator::kSm80;
  CHECK_THAT(refusal({"k", 1, 32, (163 << 10) + 1}), Contains("sm_80 allows 166912"));
  CHECK(refusal({"k", 1, 32, 163 << 10}).empty());
}

TEST_CASE("counters: sectors, bank conflicts and bytes of vector accesses") {
  const emulator::Counters dense = strided(4);
  CHECK(dense.global_bytes_loaded == 512);
  CHECK(dense.global_bytes_stored == 512);
  CHECK(dense.global_sectors == 32);
  CHECK(dense.global_sectors_least == 32);
  CHECK(dense.shared_accesses == 2);
  CHECK(dense.shared_conflicts == 0);
  const emulator::Counters sparse = strided(64);  // 256 bytes apart: all in the same banks
  CHECK(sparse.global_sectors == 32 + 16);
  CHECK(sparse.global_sectors_least == 32);
  CHECK(sparse.shared_conflicts == 2 * 4 * 7);
  CHECK(strided(36).shared_conflicts == 0);  // a padding of 16 bytes every 128 cures it
}

TEST_CASE("counters: a misaligned vector access is reported") {
  const std::string report = report_of([] { strided(5); });
  CHECK_THAT(report, Contains("thread 1 (warp 0, lane 1) at tests/emulator/launch_test.cpp:") &&
                         Contains("load: misaligned address") && Contains("not a multiple of 16"));
}

TEST_CASE("counters: sums by kernel, and a table") {
  emulator::reset_counters();
  int runs = 0;
  for (int i = 0; i < 2; ++i) launch(nothing_kernel, {"nothing", 5, 32}, {}, &runs);
  strided(4);
  CHECK(emulator::last_launch_counters().launches == 1);
  const std::string table = emulator::counters_table();
  CHECK_THAT(table, Catch::Matches("nothing\n  launches +2\n  blocks +10\n[^]*strided\n[^]*"));
  emulator::reset_counters();
  CHECK(emulator::counters_table().empty());
}
