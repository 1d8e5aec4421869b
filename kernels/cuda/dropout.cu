// Dropout: a warp has a row, a Philox block eight columns of it.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/dropout.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/dropout.h"

namespace medley::kernels::cuda {
namespace {

// A dropped element is zero whatever it was.
MEDLEY_DEVICE void drop(Eight& x, const DropoutKey& key, uint32_t row, uint32_t c) {
  const std::array<uint32_t, 4> words = dropout_block(key, 0, row, c);
  const uint32_t threshold = key.threshold();
  const float scale = key.scale();
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) {
    const uint32_t word = words[static_cast<size_t>(j / 2)];
    const uint32_t draw = j % 2 == 0 ? word & 0xffffu : word >> 16;
    x.at[j] = draw >= threshold ? scale * x.at[j] : 0.0f;
  }
}

// registers: 43
template <class T>
__global__ void __launch_bounds__(kRowThreads) dropout_kernel(const Dropout<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const DropoutKey key = device::current(a.key);
  const T* const x = a.x + row * a.n;
  T* const y = a.y + row * a.n;
  for (int64_t i = first_column(); i < a.n; i += kColumnStride) {
    Eight value = load_eight(x + i, a.n - i);
    if (key.active()) drop(value, key, static_cast<uint32_t>(row), static_cast<uint32_t>(i / 8));
    if (a.accumulate) add_eight(value, y + i, a.n - i);
    store_eight(y + i, a.n - i, value);
  }
}

template <class T>
void run(const Dropout<T>& args, Stream stream) {
  const Launch how = over_rows("dropout", args.rows);
  check_dropout("dropout", args.key);
  check_buffers("dropout",
                {input("x", args.x, args.rows, args.n),
                 optional_input("device_step", args.key.device_step, 1),
                 output("y", args.y, args.rows, args.n)},
                InPlace::yes);
  launch(dropout_kernel<T>, how, stream, args);
}

}  // namespace

void dropout(const Dropout<float>& args, Stream stream) { run(args, stream); }
void dropout(const Dropout<bf16>& args, Stream stream) { run(args, stream); }

}  // namespace medley::kernels::cuda
