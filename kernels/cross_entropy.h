// Cross-entropy of softmax(logits) with label smoothing, mean over the rows that count (PyTorch's
// definition): row loss = (1 - s) * -log p[target] + s / classes * sum over c of -log p[c]. With
// weights it is the sum over rows of weight * row loss instead, not divided by anything. Forward
// keeps one number a row (lse); backward may write the gradient over the logits, so that [rows,
// classes] is never held twice.
#pragma once

#include <cstdint>

namespace medley::kernels {

inline constexpr int32_t kIgnoredTarget = -100;

template <class T>
struct CrossEntropyForward {
  int64_t rows = 0, classes = 0;     // classes >= 1
  const T* logits = nullptr;         // [rows, classes]
  const int32_t* targets = nullptr;  // [rows]: 0 .. classes - 1, or kIgnoredTarget
  const T* weights = nullptr;        // [rows], null: none
  T smoothing = 0;
  T* lse = nullptr;       // [rows]: log sum exp of the row
  T* row_loss = nullptr;  // [rows]: 0 where ignored; without the weight
  T* loss = nullptr;      // [1]: 0 when no row counts
};

template <class T>
struct CrossEntropyBackward {
  int64_t rows = 0, classes = 0;
  const T* logits = nullptr;
  const int32_t* targets = nullptr;
  const T* weights = nullptr;
  T smoothing = 0;
  const T* lse = nullptr;
  const T* dloss = nullptr;  // [1]
  T* dlogits = nullptr;      // [rows, classes]; may be logits
};

namespace cpu {
void cross_entropy_forward(const CrossEntropyForward<float>& args);
void cross_entropy_forward(const CrossEntropyForward<double>& args);
void cross_entropy_backward(const CrossEntropyBackward<float>& args);
void cross_entropy_backward(const CrossEntropyBackward<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
