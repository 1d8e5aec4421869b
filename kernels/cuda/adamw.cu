// AdamW in one pass over weights, gradients and both moments.
#include "kernels/adamw.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"

namespace medley::kernels::cuda {
namespace {

MEDLEY_DEVICE float clip_factor(const AdamW<float>& a) {
  if (a.squared_norm == nullptr || a.clip <= 0) return 1;
  const double norm = sqrt(*a.squared_norm);
  return norm > a.clip ? static_cast<float>(a.clip / norm) : 1.0f;
}

// registers: 54
__global__ void __launch_bounds__(kFlatThreads)
    adamw_kernel(const AdamW<float> a, const AdamWFactors<float> f) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0 || (a.nonfinite != nullptr && *a.nonfinite > 0)) return;
  const float scale = f.scale * clip_factor(a);
  const Eight gradient = load_eight(a.gradient + i, left);
  Eight w = load_eight(a.weight + i, left), m = load_eight(a.m + i, left),
        v = load_eight(a.v + i, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) {
    const float g = gradient.at[j] * scale;
    m.at[j] += (g - m.at[j]) * f.take1;
    v.at[j] = v.at[j] * f.beta2 + g * g * f.take2;
    w.at[j] = w.at[j] * f.keep - f.rate * m.at[j] / (sqrtf(v.at[j]) / f.root + f.eps);
  }
  store_eight(a.m + i, left, m);
  store_eight(a.v + i, left, v);
  store_eight(a.weight + i, left, w);
}

}  // namespace

void adamw(const AdamW<float>& args, Stream stream) {
  const Launch how = over_flat("adamw", args.n);
  check_buffers("adamw", {output("weight", args.weight, args.n), output("m", args.m, args.n),
                          output("v", args.v, args.n), input("gradient", args.gradient, args.n),
                          optional_input("squared_norm", args.squared_norm, 1),
                          optional_input("nonfinite", args.nonfinite, 1)});
  launch(adamw_kernel, how, stream, args, adamw_factors(args));
}

}  // namespace medley::kernels::cuda
