// Which query blocks attend to which key block, found on the device, where kv_index lives.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_backward_rows.h"
#include "kernels/cuda/attention_launch.h"
#include "kernels/cuda/scratch.h"

namespace medley::kernels::cuda {

// Makes the groups by a kernel on the stream; nothing is made without kv_index. Lives until the
// kernels that read them are queued.
class QueryGrouping {
 public:
  template <class T>
  QueryGrouping(const AttentionShape<T>& shape, const AttentionFaults& faults, Stream stream)
      : QueryGrouping(shape.kv_index, shape.blocks, shape.kv_blocks, faults.kv_index, stream) {}

  QueryGroups groups() const { return {group_.data(), order_.data()}; }

 private:
  QueryGrouping(const int32_t* kv_index, int64_t blocks, int64_t kv_blocks,
                medley::cuda::Fault* fault, Stream stream);

  Scratch<int2> group_;
  Scratch<int32_t> order_;
};

}  // namespace medley::kernels::cuda
