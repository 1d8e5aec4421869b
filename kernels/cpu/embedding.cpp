// Forward shares tokens out among threads; backward columns, so that each sum runs in the order of
// the tokens.
#include "kernels/embedding.h"

#include "core/threads.h"
#include "kernels/reference/embedding.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 32768;  // elements that are worth waking a thread for

}  // namespace

void embedding_forward(const EmbeddingForward<float>& args) {
  parallel_for(args.tokens, 1 + kGrain / (1 + args.n), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const float* word = args.word + args.ids[t] * args.n;
      const float* position = args.position + args.positions[t] * args.n;
      for (int64_t i = 0; i < args.n; ++i) args.y[t * args.n + i] = word[i] + position[i];
    }
  });
}

void embedding_backward(const EmbeddingBackward<float>& args) {
  parallel_for(args.n, 1 + kGrain / (1 + args.tokens), [&](int64_t begin, int64_t end) {
    for (int64_t t = 0; t < args.tokens; ++t) {
      const float* dy = args.dy + t * args.n;
      float* dword = args.dword + args.ids[t] * args.n;
      float* dposition = args.dposition + args.positions[t] * args.n;
      for (int64_t i = begin; i < end; ++i) {
        dword[i] += dy[i];
        dposition[i] += dy[i];
      }
    }
  });
}

void embedding_forward(const EmbeddingForward<double>& args) { reference::embedding_forward(args); }
void embedding_backward(const EmbeddingBackward<double>& args) {
  reference::embedding_backward(args);
}

}  // namespace medley::kernels::cpu
