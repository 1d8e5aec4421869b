// Token plus position embedding, token by token.
#pragma once

#include "kernels/embedding.h"

namespace medley::kernels::reference {

template <class T>
void embedding_forward(const EmbeddingForward<T>& args) {
  for (int64_t t = 0; t < args.tokens; ++t)
    for (int64_t i = 0; i < args.n; ++i)
      args.y[t * args.n + i] =
          args.word[args.ids[t] * args.n + i] + args.position[args.positions[t] * args.n + i];
}

template <class T>
void embedding_backward(const EmbeddingBackward<T>& args) {
  for (int64_t t = 0; t < args.tokens; ++t)
    for (int64_t i = 0; i < args.n; ++i) {
      args.dword[args.ids[t] * args.n + i] += args.dy[t * args.n + i];
      args.dposition[args.positions[t] * args.n + i] += args.dy[t * args.n + i];
    }
}

}  // namespace medley::kernels::reference
