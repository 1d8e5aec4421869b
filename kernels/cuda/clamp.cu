// Values kept within bounds.
#include "kernels/clamp.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"

namespace medley::kernels::cuda {
namespace {

// registers: 32
__global__ void __launch_bounds__(kFlatThreads) clamp_kernel(const Clamp<float> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  Eight x = load_eight(a.x + i, left);
  MEDLEY_UNROLL
  for (float& v : x.at) v = v < a.low ? a.low : v > a.high ? a.high : v;
  store_eight(a.x + i, left, x);
}

}  // namespace

void clamp(const Clamp<float>& args, Stream stream) {
  const Launch how = over_flat("clamp", args.n);
  check_buffers("clamp", {output("x", args.x, args.n)});
  launch(clamp_kernel, how, stream, args);
}

}  // namespace medley::kernels::cuda
