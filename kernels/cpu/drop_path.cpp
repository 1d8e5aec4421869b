// Samples are shared out among threads; memory is the limit, so the plain loop is fast enough.
#include "kernels/drop_path.h"

#include "core/threads.h"
#include "kernels/reference/drop_path.h"

namespace medley::kernels::cpu {

void drop_path(const DropPath<float>& args) {
  constexpr int64_t kGrain = 32768;  // elements that are worth waking a thread for
  parallel_for(args.samples, 1 + kGrain / (1 + args.n), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) reference::drop_path_sample(args, b);
  });
}

void drop_path(const DropPath<double>& args) { reference::drop_path(args); }

}  // namespace medley::kernels::cpu
