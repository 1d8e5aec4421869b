// Rows added by index. The index is sorted first, by counting: position i goes behind everything
// that is smaller, and behind its equals before it. That is count^2 comparisons of integers, 32 an
// instruction, in one launch.
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/row_sums.h"
#include "kernels/cuda/scratch.h"
#include "kernels/cuda/warp_row.h"

namespace medley::kernels::cuda {
namespace {

// order[r] = i when r positions come before i. A warp has one i.
// registers: 32
__global__ void __launch_bounds__(kRowThreads)
    sort_positions_kernel(const int32_t* index, int64_t count, int32_t* order) {
  const int64_t i = warp_index();
  if (i >= count) return;
  const int32_t mine = index[i];
  int before = 0;
  for (int64_t j = threadIdx.x % 32; j < count; j += 32)
    before += index[j] < mine || (index[j] == mine && j < i);
  before = device::warp_sum(before);
  if (threadIdx.x % 32 == 0) order[before] = static_cast<int32_t>(i);
}

// A warp has a place in `order` and kColumnStride columns (blockIdx.y). It works when the index
// there is the first of its kind, for all that follow. kAhead rows are on their way at a time.
// registers: 105
template <class T, class Sum>
__global__ void __launch_bounds__(kRowThreads)
    row_sums_kernel(const RowSums<T, Sum> a, const int32_t* order, device::Fault* fault) {
  constexpr int kAhead = 8;
  const int64_t start = warp_index();
  if (start >= a.count) return;
  const int32_t row = a.index[order[start]];
  if (start > 0 && a.index[order[start - 1]] == row) return;
  if (row < 0 || row >= a.rows) {
    if (threadIdx.x % 32 == 0)
      device::raise_fault(fault, device::FaultKind::index_out_of_range, order[start], row, a.rows);
    return;
  }
  const int64_t column = blockIdx.y * kColumnStride + first_column(), left = a.n - column;
  Eight sum = left > 0 ? load_eight(a.table + row * a.n + column, left) : Eight{};
  int equal = 32;  // of 32 places: they follow each other
  for (int64_t place = start + threadIdx.x % 32; equal == 32; place += 32) {
    const int32_t i = place < a.count ? order[place] : 0;
    const bool same = place < a.count && a.index[i] == row;
    equal = __popc(__ballot_sync(device::kFullWarp, same));
    for (int k = 0; k < equal; k += kAhead) {
      Eight x[kAhead];
      MEDLEY_UNROLL
      for (int j = 0; j < kAhead; ++j) {
        const int64_t from = device::shuffle(i, k + j);
        x[j] = k + j < equal && left > 0 ? load_eight(a.dy + from * a.n + column, left) : Eight{};
      }
      MEDLEY_UNROLL
      for (int j = 0; j < kAhead; ++j) {
        if (k + j >= equal) continue;
        MEDLEY_UNROLL
        for (int c = 0; c < 8; ++c) sum.at[c] += x[j].at[c];
      }
    }
  }
  if (left > 0) store_eight(a.table + row * a.n + column, left, sum);
}

}  // namespace

template <class T, class Sum>
void sum_rows(const RowSums<T, Sum>& args, device::Fault* fault, Stream stream) {
  const Scratch<int32_t> order(args.count);
  launch(sort_positions_kernel, over_rows("sort_positions", args.count), stream, args.index,
         args.count, order.data());
  Launch how = over_rows("row_sums", args.count);
  how.grid.y = static_cast<unsigned>((args.n + kColumnStride - 1) / kColumnStride);
  launch(row_sums_kernel<T, Sum>, how, stream, args, order.data(), fault);
}

template void sum_rows(const RowSums<float, float>&, device::Fault*, Stream);
template void sum_rows(const RowSums<bf16, float>&, device::Fault*, Stream);
template void sum_rows(const RowSums<bf16, bf16>&, device::Fault*, Stream);

}  // namespace medley::kernels::cuda
