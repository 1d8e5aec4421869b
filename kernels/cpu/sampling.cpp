// Rows are shared out among threads; each has a random stream of its own.
#include "kernels/sampling.h"

#include <vector>

#include "core/threads.h"
#include "kernels/reference/sampling.h"

namespace medley::kernels::cpu {

void sample_negatives(const SampleNegatives<float>& args) {
  constexpr int64_t kGrain = 4096;  // exponentials that are worth waking a thread for
  parallel_for(args.batch, 1 + kGrain / (1 + args.batch), [&](int64_t begin, int64_t end) {
    std::vector<double> weight(static_cast<size_t>(args.batch));
    for (int64_t b = begin; b < end; ++b)
      args.index[b] = reference::sample_negative(args, b, weight.data());
  });
}
void sample_negatives(const SampleNegatives<double>& args) { reference::sample_negatives(args); }

}  // namespace medley::kernels::cpu
