// Token plus position embedding of packed text: y[t] = word[ids[t]] + position[positions[t]].
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct EmbeddingForward {
  int64_t tokens = 0, n = 0;
  const int32_t* ids = nullptr;        // [tokens], in 0 .. V - 1
  const int32_t* positions = nullptr;  // [tokens], in 0 .. P - 1
  const T* word = nullptr;             // [V, n]
  const T* position = nullptr;         // [P, n]
  T* y = nullptr;                      // [tokens, n]
};

// Adds to dword and dposition in token order (deterministic).
template <class T>
struct EmbeddingBackward {
  int64_t tokens = 0, n = 0;
  const int32_t* ids = nullptr;
  const int32_t* positions = nullptr;
  const T* dy = nullptr;
  T* dword = nullptr;      // [V, n]
  T* dposition = nullptr;  // [P, n]
};

namespace cpu {
void embedding_forward(const EmbeddingForward<float>& args);
void embedding_forward(const EmbeddingForward<double>& args);
void embedding_backward(const EmbeddingBackward<float>& args);
void embedding_backward(const EmbeddingBackward<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
