// y = factor * (a + b).
#include "kernels/add.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"

namespace medley::kernels::cuda {
namespace {

// registers: 30
template <class T>
__global__ void __launch_bounds__(kFlatThreads) add_kernel(const Add<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  Eight x = load_eight(a.a + i, left);
  if (a.b != nullptr) add_eight(x, a.b + i, left);
  const float factor = a.times != nullptr ? a.factor * device::to_float(*a.times) : a.factor;
  MEDLEY_UNROLL
  for (float& v : x.at) v *= factor;
  store_eight(a.y + i, left, x);
}

template <class T>
void sum(const Add<T>& args, Stream stream) {
  const Launch how = over_flat("add", args.n);
  check_buffers("add",
                {input("a", args.a, args.n), optional_input("b", args.b, args.n),
                 optional_input("times", args.times, 1), output("y", args.y, args.n)},
                InPlace::yes);
  launch(add_kernel<T>, how, stream, args);
}

}  // namespace

void add(const Add<float>& args, Stream stream) { sum(args, stream); }
void add(const Add<bf16>& args, Stream stream) { sum(args, stream); }

}  // namespace medley::kernels::cuda
