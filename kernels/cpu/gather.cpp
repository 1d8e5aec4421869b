// Forward copies rows; backward shares columns out among threads, so that each sum runs in the
// order of the index.
#include "kernels/gather.h"

#include <cstring>

#include "core/threads.h"
#include "kernels/reference/gather.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 32768;  // elements that are worth waking a thread for

}  // namespace

void gather_forward(const GatherForward<float>& args) {
  parallel_for(args.count, 1 + kGrain / (1 + args.n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      std::memcpy(args.y + r * args.n, args.x + args.index[r] * args.n,
                  static_cast<size_t>(args.n) * sizeof(float));
  });
}

void gather_backward(const GatherBackward<float>& args) {
  parallel_for(args.n, 1 + kGrain / (1 + args.count), [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < args.count; ++r) {
      const float* dy = args.dy + r * args.n;
      float* dx = args.dx + args.index[r] * args.n;
      for (int64_t i = begin; i < end; ++i) dx[i] += dy[i];
    }
  });
}

void gather_forward(const GatherForward<double>& args) { reference::gather_forward(args); }
void gather_backward(const GatherBackward<double>& args) { reference::gather_backward(args); }

}  // namespace medley::kernels::cpu
