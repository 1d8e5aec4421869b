// The least time that work can take on a device: its operations at the peak rate or its bytes at
// the peak bandwidth, whichever is longer (Williams et al. 2009, the roofline model).
#pragma once

#include <string>

#include "core/device.h"
#include "core/dtype.h"

namespace medley::bench {

struct Peaks {
  double tflops = 0, gbs = 0;  // 0: not known
  std::string source;          // where they are from, in words

  // In seconds; 0 when the peaks are not known.
  double floor(double flops, double bytes) const;
};

// A GPU's data sheet (bf16: dense, tensor cores; f32: CUDA cores). On the CPU, with the present
// number of threads, what a large matrix product and a large sum reach here and now.
Peaks peaks_of(Device device, DType dtype);

}  // namespace medley::bench
