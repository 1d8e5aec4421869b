// Cross-entropy of softmax(logits) with label smoothing s, PyTorch's definition:
//   row loss = (1 - s) * -log p[target] + s / classes * sum over c of -log p[c]
//   loss     = mean of row loss over the rows that count
// With weights it is the sum over rows of weight * row loss instead, not divided by anything.
// Forward keeps one number per row (lse); backward may write the gradient over the logits, so that
// [rows, classes] is never held twice.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

inline constexpr int32_t kIgnoredTarget = -100;

template <class T>
struct CrossEntropyForward {
  int64_t rows = 0, classes = 0;     // classes >= 1
  const T* logits = nullptr;         // [rows, classes]
  const int32_t* targets = nullptr;  // [rows]: 0 .. classes - 1, or kIgnoredTarget
  const Wide<T>* weights = nullptr;  // [rows], null: none
  Wide<T> smoothing = 0;
  Wide<T>* lse = nullptr;       // [rows]: log sum exp of the row
  Wide<T>* row_loss = nullptr;  // [rows]: 0 where ignored; without the weight
  Wide<T>* loss = nullptr;      // [1]: 0 when no row counts
};

template <class T>
struct CrossEntropyBackward {
  int64_t rows = 0, classes = 0;
  const T* logits = nullptr;
  const int32_t* targets = nullptr;
  const Wide<T>* weights = nullptr;
  Wide<T> smoothing = 0;
  const Wide<T>* lse = nullptr;
  const Wide<T>* dloss = nullptr;  // [1]
  T* dlogits = nullptr;            // [rows, classes]; may be logits
};

namespace cpu {
void cross_entropy_forward(const CrossEntropyForward<float>& args);
void cross_entropy_forward(const CrossEntropyForward<double>& args);
void cross_entropy_backward(const CrossEntropyBackward<float>& args);
void cross_entropy_backward(const CrossEntropyBackward<double>& args);
}  // namespace cpu

// A row whose target is out of range counts as an ignored one; the next cuda::check_faults()
// reports it.
namespace cuda {
void cross_entropy_forward(const CrossEntropyForward<float>& args, Stream stream);
void cross_entropy_forward(const CrossEntropyForward<bf16>& args, Stream stream);
void cross_entropy_backward(const CrossEntropyBackward<float>& args, Stream stream);
void cross_entropy_backward(const CrossEntropyBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
