#include "kernels/sampling.h"

#include "kernels/reference/sampling.h"

namespace medley::kernels::cpu {

void sample_negatives(const SampleNegatives<float>& args) { reference::sample_negatives(args); }
void sample_negatives(const SampleNegatives<double>& args) { reference::sample_negatives(args); }

}  // namespace medley::kernels::cpu
