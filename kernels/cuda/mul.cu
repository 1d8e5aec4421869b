// y (+)= a * b.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"
#include "kernels/mul.h"

namespace medley::kernels::cuda {
namespace {

// registers: 29
template <class T>
__global__ void __launch_bounds__(kFlatThreads) mul_kernel(const Mul<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  Eight x = load_eight(a.a + i, left);
  const Eight b = load_eight(a.b + i, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) x.at[j] *= b.at[j];
  if (a.accumulate) add_eight(x, a.y + i, left);
  store_eight(a.y + i, left, x);
}

template <class T>
void product(const Mul<T>& args, Stream stream) {
  const Launch how = over_flat("mul", args.n);
  check_buffers(
      "mul", {input("a", args.a, args.n), input("b", args.b, args.n), output("y", args.y, args.n)},
      InPlace::yes);
  launch(mul_kernel<T>, how, stream, args);
}

}  // namespace

void mul(const Mul<float>& args, Stream stream) { product(args, stream); }
void mul(const Mul<bf16>& args, Stream stream) { product(args, stream); }

}  // namespace medley::kernels::cuda
