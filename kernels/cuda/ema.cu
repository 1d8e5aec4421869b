// Exponential moving average, one launch over an arena.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"
#include "kernels/ema.h"

namespace medley::kernels::cuda {
namespace {

// registers: 32
__global__ void __launch_bounds__(kFlatThreads) ema_kernel(const Ema<float> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  const float keep = static_cast<float>(a.keep), take = static_cast<float>(1 - a.keep);
  const Eight value = load_eight(a.value + i, left);
  Eight average = load_eight(a.average + i, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) average.at[j] = average.at[j] * keep + value.at[j] * take;
  store_eight(a.average + i, left, average);
}

}  // namespace

void ema(const Ema<float>& args, Stream stream) {
  const Launch how = over_flat("ema", args.n);
  check_buffers("ema",
                {output("average", args.average, args.n), input("value", args.value, args.n)});
  launch(ema_kernel, how, stream, args);
}

}  // namespace medley::kernels::cuda
