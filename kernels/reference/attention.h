// Attention as the formulas say it, one row at a time, for float and double. The double version is
// what gradient checks run on and what the fast kernels are tested against; only the scores of one
// row are ever held.
//
//   forward    s  = scale q k^T              p     = softmax(s)
//              o  = (p m) v                  lse   = log sum exp s
//
//   backward   dp = (do v^T) m               delta = do . o
//              ds = p (dp - delta) scale
//              dq = ds k                     dk    = ds^T q
//              dv = (p m)^T do
//
// where m holds the dropout factors, 0 or 1 / (1 - rate), and p m is taken element by element.
// (Vaswani et al. 2017, section 3.2.1; the form of the gradient with delta: Dao et al. 2022,
// FlashAttention, appendix B.4.)
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/attention.h"

namespace medley::kernels::reference {

// Query block i against its key block: rows q0 .. q0 + lq and k0 .. k0 + lk.
struct AttentionBlock {
  int64_t q0, lq, k0, lk;

  template <class T>
  AttentionBlock(const AttentionShape<T>& shape, int64_t i) {
    const int64_t j = shape.kv_index == nullptr ? i : shape.kv_index[i];
    q0 = shape.cu_q[i], lq = shape.cu_q[i + 1] - q0;
    k0 = shape.cu_k[j], lk = shape.cu_k[j + 1] - k0;
  }
  // How many keys, from the first, row r sees.
  int64_t visible(int64_t r, bool causal) const {
    return causal ? std::clamp<int64_t>(r + 1 + lk - lq, 0, lk) : lk;
  }
};

template <class T>
T dot(const T* x, const T* y, int64_t n) {
  T sum = 0;
  for (int64_t d = 0; d < n; ++d) sum += x[d] * y[d];
  return sum;
}

template <class T>
T dropout_factor(const DropoutKey& key, int64_t batch, int64_t row, int64_t column) {
  if (!key.active()) return 1;
  return dropout_keeps(key, static_cast<uint32_t>(batch), static_cast<uint32_t>(row),
                       static_cast<uint32_t>(column))
             ? static_cast<T>(key.scale())
             : T(0);
}

template <class T>
void attention_forward(const AttentionForward<T>& args) {
  const AttentionShape<T>& shape = args.shape;
  const int64_t D = shape.head_dim;
  std::vector<T> p;
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const AttentionBlock block(shape, i);
    for (int64_t h = 0; h < shape.heads; ++h) {
      for (int64_t r = 0; r < block.lq; ++r) {
        const int64_t row = block.q0 + r, n = block.visible(r, shape.causal);
        const T* q = args.q + row * args.q_stride + h * D;
        T* o = args.o + row * args.o_stride + h * D;
        std::fill(o, o + D, T(0));
        p.resize(static_cast<size_t>(n));
        T* const scores = p.data();
        for (int64_t c = 0; c < n; ++c)
          scores[c] = shape.scale * dot(q, args.k + (block.k0 + c) * args.k_stride + h * D, D);
        const T largest = n == 0 ? T(0) : *std::max_element(scores, scores + n);
        T sum = 0;
        for (int64_t c = 0; c < n; ++c) sum += scores[c] = std::exp(scores[c] - largest);
        for (int64_t c = 0; c < n; ++c) {
          const T weight =
              scores[c] / sum * dropout_factor<T>(shape.dropout, i * shape.heads + h, r, c);
          const T* v = args.v + (block.k0 + c) * args.v_stride + h * D;
          for (int64_t d = 0; d < D; ++d) o[d] += weight * v[d];
        }
        if (args.lse != nullptr)
          args.lse[h * shape.cu_q[shape.blocks] + row] =
              n == 0 ? -std::numeric_limits<T>::infinity() : largest + std::log(sum);
      }
    }
  }
}

template <class T>
void attention_backward(const AttentionBackward<T>& args) {
  const AttentionShape<T>& shape = args.shape;
  const int64_t D = shape.head_dim, C = shape.heads * D;
  for (int64_t row = 0; row < shape.cu_k[shape.kv_blocks]; ++row) {
    std::fill_n(args.dk + row * args.dk_stride, C, T(0));
    std::fill_n(args.dv + row * args.dv_stride, C, T(0));
  }
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const AttentionBlock block(shape, i);
    for (int64_t h = 0; h < shape.heads; ++h) {
      for (int64_t r = 0; r < block.lq; ++r) {
        const int64_t row = block.q0 + r, n = block.visible(r, shape.causal);
        const T* q = args.q + row * args.q_stride + h * D;
        const T* d_o = args.d_o + row * args.o_stride + h * D;
        const T delta = dot(d_o, args.o + row * args.o_stride + h * D, D);
        const T lse = args.lse[h * shape.cu_q[shape.blocks] + row];
        T* dq = args.dq + row * args.dq_stride + h * D;
        std::fill_n(dq, D, T(0));
        for (int64_t c = 0; c < n; ++c) {
          const int64_t key = block.k0 + c;
          const T* k = args.k + key * args.k_stride + h * D;
          T* dk = args.dk + key * args.dk_stride + h * D;
          T* dv = args.dv + key * args.dv_stride + h * D;
          const T p = std::exp(shape.scale * dot(q, k, D) - lse);
          const T factor = dropout_factor<T>(shape.dropout, i * shape.heads + h, r, c);
          const T dp = factor * dot(d_o, args.v + key * args.v_stride + h * D, D);
          const T ds = p * (dp - delta) * shape.scale;
          for (int64_t d = 0; d < D; ++d) {
            dq[d] += ds * k[d];
            dk[d] += ds * q[d];
            dv[d] += p * factor * d_o[d];
          }
        }
      }
    }
  }
}

}  // namespace medley::kernels::reference
