// Conversion between f32 and bf16.
#include "kernels/cast.h"
#include "kernels/cuda/flat.h"

namespace medley::kernels::cuda {
namespace {

// registers: 21
template <class From, class To>
__global__ void __launch_bounds__(kFlatThreads) cast_kernel(const Cast<From, To> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left > 0) store_eight(a.y + i, left, load_eight(a.x + i, left));
}

}  // namespace

void cast(const Cast<float, bf16>& args, Stream stream) {
  launch(cast_kernel<float, bf16>, over_flat("cast", args.n), stream, args);
}
void cast(const Cast<bf16, float>& args, Stream stream) {
  launch(cast_kernel<bf16, float>, over_flat("cast", args.n), stream, args);
}

}  // namespace medley::kernels::cuda
