// Elements are shared out among threads; memory is the limit, so the plain loop is fast enough.
#include "kernels/cast.h"

#include "core/threads.h"
#include "kernels/reference/cast.h"

namespace medley::kernels::cpu {
namespace {

template <class From, class To>
void cast_all(const Cast<From, To>& args) {
  constexpr int64_t kGrain = 65536;  // elements that are worth waking a thread for
  parallel_for(args.n, kGrain, [&](int64_t begin, int64_t end) {
    reference::cast(Cast<From, To>{.n = end - begin, .x = args.x + begin, .y = args.y + begin});
  });
}

}  // namespace

void cast(const Cast<float, bf16>& args) { cast_all(args); }
void cast(const Cast<bf16, float>& args) { cast_all(args); }

}  // namespace medley::kernels::cpu
