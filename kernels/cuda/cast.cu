// Conversion between f32 and bf16.
#include "kernels/cast.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"

namespace medley::kernels::cuda {
namespace {

// registers: 21
template <class From, class To>
__global__ void __launch_bounds__(kFlatThreads) cast_kernel(const Cast<From, To> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left > 0) store_eight(a.y + i, left, load_eight(a.x + i, left));
}

template <class From, class To>
void convert(const Cast<From, To>& args, Stream stream) {
  const Launch how = over_flat("cast", args.n);
  check_buffers("cast", {input("x", args.x, args.n), output("y", args.y, args.n)});
  launch(cast_kernel<From, To>, how, stream, args);
}

}  // namespace

void cast(const Cast<float, bf16>& args, Stream stream) { convert(args, stream); }
void cast(const Cast<bf16, float>& args, Stream stream) { convert(args, stream); }

}  // namespace medley::kernels::cuda
