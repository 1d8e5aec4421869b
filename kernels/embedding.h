// Token plus position embedding of packed text: y[t] = word[ids[t]] + position[positions[t]].
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct EmbeddingForward {
  int64_t tokens = 0, n = 0;
  int64_t words = 0, places = 0;       // V and P: what CUDA kernels check the next two against
  const int32_t* ids = nullptr;        // [tokens], in 0 .. V - 1
  const int32_t* positions = nullptr;  // [tokens], in 0 .. P - 1
  const Wide<T>* word = nullptr;       // [V, n]
  const Wide<T>* position = nullptr;   // [P, n]
  T* y = nullptr;                      // [tokens, n]
};

// Adds to dword and dposition in token order (deterministic).
template <class T>
struct EmbeddingBackward {
  int64_t tokens = 0, n = 0;
  int64_t words = 0, places = 0;
  const int32_t* ids = nullptr;
  const int32_t* positions = nullptr;
  const T* dy = nullptr;
  Wide<T>* dword = nullptr;      // [V, n]
  Wide<T>* dposition = nullptr;  // [P, n]
};

namespace cpu {
void embedding_forward(const EmbeddingForward<float>& args);
void embedding_forward(const EmbeddingForward<double>& args);
void embedding_backward(const EmbeddingBackward<float>& args);
void embedding_backward(const EmbeddingBackward<double>& args);
}  // namespace cpu

// A token whose id or position is out of range gets a row of zeros and gives no gradient; the next
// cuda::check_faults() reports it.
namespace cuda {
void embedding_forward(const EmbeddingForward<float>& args, Stream stream);
void embedding_forward(const EmbeddingForward<bf16>& args, Stream stream);
void embedding_backward(const EmbeddingBackward<float>& args, Stream stream);
void embedding_backward(const EmbeddingBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
