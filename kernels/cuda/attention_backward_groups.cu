// Sorts query blocks by their key block. A warp for each key block reads all of kv_index twice:
// first it counts what belongs before its own, then it writes its own in order. Nobody waits for
// anybody, and the result does not depend on who comes first.
#include "kernels/cuda/attention_backward_groups.h"
#include "kernels/cuda/device/fault.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kWarps = 4;

// A value of kv_index that is out of range joins no group.
// registers: 27
__global__ void __launch_bounds__(32 * kWarps)
    attention_group_kernel(const int32_t* const kv_index, const int32_t blocks,
                           const int32_t kv_blocks, int2* const group, int32_t* const order,
                           medley::cuda::Fault* const fault) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto j = static_cast<int32_t>(blockIdx.x * kWarps + threadIdx.x / 32);

  int before = 0;
  for (int32_t i = lane; i < blocks; i += 32) {
    const int32_t value = kv_index[i];
    if (value >= 0 && value < kv_blocks)
      before += value < j;
    else if (j == 0)
      device::raise_fault(fault, device::FaultKind::index_out_of_range, i, value, kv_blocks);
  }
  if (j >= kv_blocks) return;
  const int begin = device::warp_sum(before);

  int end = begin;
  for (int32_t first = 0; first < blocks; first += 32) {
    const bool mine = first + lane < blocks && kv_index[first + lane] == j;
    const uint32_t members = __ballot_sync(~0u, mine);
    if (mine) order[end + __popc(members & ((1u << lane) - 1))] = first + lane;
    end += __popc(members);
  }
  if (lane == 0) group[j] = make_int2(begin, end);
}

}  // namespace

QueryGrouping::QueryGrouping(const int32_t* kv_index, int64_t blocks, int64_t kv_blocks,
                             medley::cuda::Fault* fault, Stream stream)
    : group_(kv_index == nullptr ? 0 : kv_blocks), order_(kv_index == nullptr ? 0 : blocks) {
  if (kv_index == nullptr) return;
  launch(attention_group_kernel,
         {.kernel = "attention_group",
          .grid = grid_of("attention_backward", divide_up(std::max<int64_t>(kv_blocks, 1), kWarps)),
          .block = dim3(32 * kWarps)},
         stream, kv_index, static_cast<int32_t>(blocks), static_cast<int32_t>(kv_blocks),
         group_.data(), order_.data(), fault);
}

}  // namespace medley::kernels::cuda
