#include "kernels/cpu/attention_plan.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/error.h"
#include "core/str.h"

namespace medley::kernels::cpu {
namespace {

template <class T>
void check(const AttentionShape<T>& shape) {
  if (shape.kv_index == nullptr) {
    if (shape.blocks != shape.kv_blocks)
      throw ValueError(
          str("[attention] ", shape.blocks, " query blocks but ", shape.kv_blocks, " key blocks"),
          "give kv_index: the key block of each query block");
    return;
  }
  for (int64_t i = 0; i < shape.blocks; ++i)
    if (shape.kv_index[i] < 0 || shape.kv_index[i] >= shape.kv_blocks)
      throw ValueError(str("[attention] kv_index[", i, "] is ", shape.kv_index[i],
                           " but there are ", shape.kv_blocks, " key blocks"));
}

struct AlignedFree {
  void operator()(float* p) const { std::free(p); }
};
struct Buffer {
  std::unique_ptr<float, AlignedFree> data;
  int64_t floats = 0;
};

}  // namespace

void check_attention(const AttentionShape<double>& shape) { check(shape); }

AttentionPlan plan_attention(const AttentionShape<float>& shape) {
  check(shape);
  AttentionPlan plan;
  plan.order.resize(static_cast<size_t>(shape.blocks));
  plan.start.resize(static_cast<size_t>(shape.kv_blocks) + 1);
  const auto key_block = [&](int64_t i) {
    return static_cast<size_t>(shape.kv_index == nullptr ? i : shape.kv_index[i]);
  };
  for (int64_t i = 0; i < shape.blocks; ++i) ++plan.start[key_block(i) + 1];
  for (size_t j = 1; j < plan.start.size(); ++j) plan.start[j] += plan.start[j - 1];
  std::vector<int32_t> next = plan.start;
  for (int64_t i = 0; i < shape.blocks; ++i)
    plan.order[static_cast<size_t>(next[key_block(i)]++)] = static_cast<int32_t>(i);
  return plan;
}

AttentionRows::AttentionRows(const AttentionShape<float>& shape, const AttentionPlan& plan,
                             int64_t kv_block, int64_t head)
    : shape_(shape),
      block_(plan.order.data() + plan.start[static_cast<size_t>(kv_block)]),
      end_(plan.order.data() + plan.start[static_cast<size_t>(kv_block) + 1]),
      head_(head),
      lk_(shape.cu_k[kv_block + 1] - shape.cu_k[kv_block]) {}

int64_t AttentionRows::next(AttentionRow* rows, int64_t capacity) {
  int64_t count = 0;
  while (block_ != end_ && count < capacity) {
    const int64_t i = *block_, first = shape_.cu_q[i], lq = shape_.cu_q[i + 1] - first;
    const auto batch = static_cast<uint32_t>(i * shape_.heads + head_);
    for (; row_ < lq && count < capacity; ++row_) {
      const int64_t visible =
          shape_.causal ? std::clamp<int64_t>(row_ + 1 + lk_ - lq, 0, lk_) : lk_;
      rows[count++] = {first + row_, visible, batch, static_cast<uint32_t>(row_)};
    }
    if (row_ == lq) {
      ++block_;
      row_ = 0;
    }
  }
  return count;
}

float* attention_buffer(AttentionBuffer which, int64_t floats) {
  thread_local std::array<Buffer, static_cast<size_t>(AttentionBuffer::count)> buffers;
  constexpr int64_t kGranule = 1024;
  Buffer& buffer = buffers[static_cast<size_t>(which)];
  if (buffer.floats < floats) {
    const int64_t rounded = (floats + kGranule - 1) / kGranule * kGranule;
    buffer.floats = 0;
    buffer.data.reset(
        static_cast<float*>(std::aligned_alloc(64, static_cast<size_t>(rounded) * sizeof(float))));
    if (buffer.data == nullptr) throw std::bad_alloc();
    buffer.floats = rounded;
  }
  return buffer.data.get();
}

}  // namespace medley::kernels::cpu
