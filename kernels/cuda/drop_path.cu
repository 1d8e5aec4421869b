// Stochastic depth: several blocks have a sample, each decides for itself whether it is kept.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/dropout.h"
#include "kernels/cuda/flat.h"
#include "kernels/drop_path.h"

namespace medley::kernels::cuda {
namespace {

// blockIdx.x counts the pieces of all samples, `pieces` each.
// registers: 32
template <class T>
__global__ void __launch_bounds__(kFlatThreads)
    drop_path_kernel(const DropPath<T> a, unsigned pieces) {
  const unsigned sample = blockIdx.x / pieces;
  const int64_t i = 8 * (static_cast<int64_t>(blockIdx.x % pieces) * kFlatThreads + threadIdx.x);
  const int64_t left = a.n - i, at = sample * a.n + i;
  if (left <= 0) return;
  const DropoutKey key = device::current(a.key);
  const bool kept = dropout_keeps(key, sample, 0, 0);
  const float scale = key.scale();
  Eight y = a.residual != nullptr ? load_eight(a.residual + at, left) : Eight{};
  if (kept) {
    const Eight x = load_eight(a.x + at, left);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) y.at[j] += scale * x.at[j];
  }
  store_eight(a.y + at, left, y);
}

template <class T>
void run(const DropPath<T>& args, Stream stream) {
  Launch how = over_flat("drop_path", args.n);
  const unsigned pieces = how.grid.x;
  how.grid = blocks_for("drop_path", pieces * args.samples);
  check_dropout("drop_path", args.key);
  check_buffers("drop_path",
                {input("x", args.x, args.samples, args.n),
                 optional_input("residual", args.residual, args.samples, args.n),
                 optional_input("device_step", args.key.device_step, 1),
                 output("y", args.y, args.samples, args.n)},
                InPlace::yes);
  launch(drop_path_kernel<T>, how, stream, args, pieces);
}

}  // namespace

void drop_path(const DropPath<float>& args, Stream stream) { run(args, stream); }
void drop_path(const DropPath<bf16>& args, Stream stream) { run(args, stream); }

}  // namespace medley::kernels::cuda
