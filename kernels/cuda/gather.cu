// Rows picked by index: a warp copies a row.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/row_sums.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/gather.h"

namespace medley::kernels::cuda {
namespace {

// registers: 27
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    gather_forward_kernel(const GatherForward<T> a, device::Fault* fault) {
  const int64_t i = warp_index();
  if (i >= a.count) return;
  const int64_t row = a.index[i];
  const bool valid = row >= 0 && row < a.rows;
  if (!valid && threadIdx.x % 32 == 0)
    device::raise_fault(fault, device::FaultKind::index_out_of_range, i, row, a.rows);
  for (int64_t c = first_column(); c < a.n; c += kColumnStride)
    store_eight(a.y + i * a.n + c, a.n - c,
                valid ? load_eight(a.x + row * a.n + c, a.n - c) : Eight{});
}

template <class T>
void forward(const GatherForward<T>& args, Stream stream) {
  const Launch how = over_rows("gather_forward", args.count);
  check_buffers("gather_forward",
                {input("index", args.index, args.count), input("x", args.x, args.rows, args.n),
                 output("y", args.y, args.count, args.n)});
  launch(gather_forward_kernel<T>, how, stream, args, medley::cuda::fault_slot("gather_forward"));
}

template <class T>
void backward(const GatherBackward<T>& args, Stream stream) {
  check_buffers("gather_backward",
                {input("index", args.index, args.count), input("dy", args.dy, args.count, args.n),
                 output("dx", args.dx, args.rows, args.n)});
  sum_rows<T, T>({.count = args.count,
                  .n = args.n,
                  .rows = args.rows,
                  .index = args.index,
                  .dy = args.dy,
                  .table = args.dx},
                 medley::cuda::fault_slot("gather_backward"), stream);
}

}  // namespace

void gather_forward(const GatherForward<float>& args, Stream stream) { forward(args, stream); }
void gather_forward(const GatherForward<bf16>& args, Stream stream) { forward(args, stream); }
void gather_backward(const GatherBackward<float>& args, Stream stream) { backward(args, stream); }
void gather_backward(const GatherBackward<bf16>& args, Stream stream) { backward(args, stream); }

}  // namespace medley::kernels::cuda
