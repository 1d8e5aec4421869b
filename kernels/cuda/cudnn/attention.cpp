#include "kernels/cuda/cudnn/attention.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <vector>

#include "core/cuda/device.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "kernels/cuda/cudnn/attention_graph.h"
#include "kernels/cuda/cudnn/library.h"
#include "kernels/cuda/cudnn/packing.h"
#include "kernels/cuda/plan_cache.h"
#include "kernels/cuda/scratch.h"

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr int64_t kAligned = 8;  // elements of bf16 in 16 bytes

bool is_ragged(const AttentionShape<bf16>& s) {
  return s.q_rows != s.blocks * s.max_q || s.k_rows != s.kv_blocks * s.max_k;
}

// Whether each row of q has a key, as far as the host can tell: lengths lie on the device. So it
// does where q and k are cut into the same blocks, or where every block of keys is the longest.
bool every_row_sees_a_key(const AttentionShape<bf16>& s) {
  return s.cu_q == s.cu_k ||
         (s.k_rows == s.kv_blocks * s.max_k && (!s.causal || s.max_q <= s.max_k));
}

const char* why_not(const AttentionShape<bf16>& s, std::initializer_list<int64_t> strides,
                    std::initializer_list<const void*> data) {
  if (s.blocks == 0 || s.q_rows == 0 || s.k_rows == 0) return "there is nothing to compute";
  if (s.kv_index != nullptr) return "cuDNN cannot share the keys of one block among several";
  if (s.head_dim % kAligned != 0 || s.head_dim > 128)
    return "cuDNN takes head dims that are multiples of 8, up to 128";
  if (s.max_q == 0 || s.max_k == 0) return "the longest block is not known to the host";
  // medley gives zeros; cuDNN before 9.25 gives NaN where a block has no keys.
  if (!every_row_sees_a_key(s)) return "rows might see no key, and cuDNN has no zeros for those";
  for (const int64_t stride : strides)
    if (stride % kAligned != 0) return "cuDNN takes rows that are aligned to 16 bytes";
  for (const int64_t stride : strides)
    if (is_ragged(s) && std::max(s.q_rows, s.k_rows) * stride > std::numeric_limits<int32_t>::max())
      return "offsets of the rows do not fit into 32 bits";
  for (const void* p : data)
    if (reinterpret_cast<uintptr_t>(p) % 16 != 0) return "cuDNN takes data aligned to 16 bytes";
  return nullptr;
}

AttentionKey key_of(const AttentionShape<bf16>& s) {
  return {.ragged = is_ragged(s),
          .causal = s.causal,
          .blocks = s.blocks,
          .heads = s.heads,
          .head_dim = s.head_dim,
          .max_q = s.max_q,
          .max_k = s.max_k,
          .q_rows = s.q_rows,
          .scale = s.scale,
          .dropout = s.dropout.active() ? s.dropout.p : 0};
}

// A plan owns compiled kernels, and of ragged batches each number of rows has a plan of its own.
constexpr size_t kMostPlans = 256;

const AttentionPlan& plan_of(const AttentionKey& key, Stream stream) {
  // Never destroyed: cuDNN's own libraries, loaded later, are gone before static objects of here.
  static auto& cache = *new PlanCache<AttentionKey, AttentionPlan>(kMostPlans);
  const bool is_recorded = medley::cuda::is_capturing(stream);
  const auto make = [&] {
    // Another plan may go for it, and its kernels with it: none may wait in the queue.
    if (!is_recorded) medley::cuda::synchronize(medley::cuda::current_device());
    return build_attention(key);
  };
  return cache.get(key, make, is_recorded);
}

// Lengths, offsets and the seed in device memory, for as long as the call lasts.
class DevicePacking {
 public:
  DevicePacking(const AttentionKey& key, const AttentionShape<bf16>& shape, Stream stream)
      : entries_(key.blocks + 1),
        tables_(key.ragged ? (2 + kOffsetTables) * entries_ : 0),
        random_(key.dropout > 0 ? 2 : 0) {
    if (!key.ragged && key.dropout <= 0) return;
    Packing packing{.blocks = key.blocks,
                    .cu_q = shape.cu_q,
                    .cu_k = shape.cu_k,
                    .strides = {key.q_stride, key.k_stride, key.v_stride, key.o_stride,
                                key.dq_stride, key.dk_stride, key.dv_stride, 1},
                    .random = random_.data(),
                    .dropout = shape.dropout};
    packing.q_lengths = q_lengths(), packing.k_lengths = k_lengths(), packing.offsets = offsets(0);
    write_packing(packing, stream);
  }

  // Null where there is nothing to tell.
  int32_t* q_lengths() const { return table(0); }
  int32_t* k_lengths() const { return table(1); }
  int32_t* offsets(int64_t of) const { return table(2 + of); }
  int64_t* seed() const { return random_.data(); }
  int64_t* dropout_offset() const {
    return random_.data() == nullptr ? nullptr : random_.data() + 1;
  }

 private:
  int32_t* table(int64_t i) const {
    return tables_.data() == nullptr ? nullptr : tables_.data() + i * entries_;
  }

  int64_t entries_;
  Scratch<int32_t> tables_;
  Scratch<int64_t> random_;
};

// What both directions have. Tensors that are not in the graph are left out by run().
template <class Args>
std::vector<Plan::Binding> bindings(const AttentionPlan& made, const Args& args,
                                    const DevicePacking& packing) {
  return {{made.q, args.q},
          {made.k, args.k},
          {made.v, args.v},
          {made.o, args.o},
          {made.lse, args.lse},
          {made.q_lengths, packing.q_lengths()},
          {made.k_lengths, packing.k_lengths()},
          {made.q_offsets, packing.offsets(kQ)},
          {made.k_offsets, packing.offsets(kK)},
          {made.v_offsets, packing.offsets(kV)},
          {made.o_offsets, packing.offsets(kO)},
          {made.dq_offsets, packing.offsets(kDq)},
          {made.dk_offsets, packing.offsets(kDk)},
          {made.dv_offsets, packing.offsets(kDv)},
          {made.lse_offsets, packing.offsets(kLse)},
          {made.seed, packing.seed()},
          {made.dropout_offset, packing.dropout_offset()}};
}

}  // namespace

std::string absence() {
  if (!library_absence().empty()) return library_absence();
  if (const std::string why = medley::cuda::absence(); !why.empty()) return why;
  try {
    handle();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

const char* why_not(const AttentionForward<bf16>& args) {
  return why_not(args.shape, {args.q_stride, args.k_stride, args.v_stride, args.o_stride},
                 {args.q, args.k, args.v, args.o});
}

const char* why_not(const AttentionBackward<bf16>& args) {
  // In the replay of a captured graph (release notes of cudnn-frontend 1.16.0).
  constexpr size_t kRepaired = 91501;
  const AttentionShape<bf16>& s = args.shape;
  if (s.max_k % 128 != 0 && !is_ragged(s) && library_absence().empty() &&
      library().version() < kRepaired)
    return "cuDNN before 9.15.1 may read behind keys that are no multiple of 128";
  return why_not(args.shape,
                 {args.q_stride, args.k_stride, args.v_stride, args.o_stride, args.dq_stride,
                  args.dk_stride, args.dv_stride},
                 {args.q, args.k, args.v, args.o, args.d_o, args.dq, args.dk, args.dv});
}

void attention_forward(const AttentionForward<bf16>& args, Stream stream) {
  AttentionKey key = key_of(args.shape);
  key.with_lse = args.lse != nullptr;
  key.q_stride = args.q_stride, key.k_stride = args.k_stride, key.v_stride = args.v_stride;
  key.o_stride = args.o_stride;
  const AttentionPlan& made = plan_of(key, stream);
  const DevicePacking packing(key, args.shape, stream);
  const Scratch<std::byte> workspace(static_cast<int64_t>(made.plan.workspace_bytes()));
  made.plan.run(bindings(made, args, packing), workspace.data(), stream);
}

void attention_backward(const AttentionBackward<bf16>& args, bool deterministic, Stream stream) {
  AttentionKey key = key_of(args.shape);
  key.backward = true, key.deterministic = deterministic;
  key.q_stride = args.q_stride, key.k_stride = args.k_stride, key.v_stride = args.v_stride;
  key.o_stride = args.o_stride;
  key.dq_stride = args.dq_stride, key.dk_stride = args.dk_stride, key.dv_stride = args.dv_stride;
  const AttentionPlan& made = plan_of(key, stream);
  const DevicePacking packing(key, args.shape, stream);
  const int64_t rows = key.blocks * key.heads * key.max_q;
  const Scratch<float> delta(rows), dq_sum(deterministic ? 0 : rows * key.head_dim);
  const Scratch<std::byte> workspace(static_cast<int64_t>(made.plan.workspace_bytes()));
  std::vector<Plan::Binding> all = bindings(made, args, packing);
  for (const Plan::Binding& more : {Plan::Binding{made.d_o, args.d_o},
                                    {made.dq, args.dq},
                                    {made.dk, args.dk},
                                    {made.dv, args.dv},
                                    {made.delta, delta.data()},
                                    {made.dq_sum, dq_sum.data()}})
    all.push_back(more);
  made.plan.run(all, workspace.data(), stream);
}

}  // namespace medley::kernels::cuda::cudnn
