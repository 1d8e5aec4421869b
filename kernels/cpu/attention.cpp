// Attention on the CPU: one owner for each (key block, head), which packs its keys once and runs
// all query rows that attend to them in tiles. Results do not depend on the number of threads: a
// pair is always computed by one of them.
#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/attention_plan.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/attention.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define MEDLEY_ISA_BODY "kernels/cpu/attention.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {
namespace {

void forward_pair(const AttentionForward<float>& args, const AttentionPlan& plan, int64_t kv_block,
                  int64_t head) {
  MEDLEY_ISA_CALL(attention_forward_pair, args, plan, kv_block, head);
}
void backward_pair(const AttentionBackward<float>& args, const AttentionPlan& plan,
                   int64_t kv_block, int64_t head) {
  MEDLEY_ISA_CALL(attention_backward_pair, args, plan, kv_block, head);
}

template <class Args, class PairFunction>
void for_each_pair(const Args& args, PairFunction pair) {
  const AttentionShape<float>& shape = args.shape;
  const AttentionPlan plan = plan_attention(shape);
  const int64_t pairs = shape.kv_blocks * shape.heads;
  if (pairs == 0) return;
  // About 10 us, several times what it costs to wake a thread.
  constexpr int64_t kOperationsPerThread = 1 << 20;
  int64_t operations = 0;
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const reference::AttentionBlock block(shape, i);
    operations += 4 * block.lq * block.lk * shape.head_dim * shape.heads;
  }
  parallel_for(pairs, 1 + kOperationsPerThread / (1 + operations / pairs),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i)
                   pair(args, plan, i / shape.heads, i % shape.heads);
               });
}

}  // namespace

void attention_forward(const AttentionForward<float>& args) { for_each_pair(args, forward_pair); }
void attention_backward(const AttentionBackward<float>& args) {
  for_each_pair(args, backward_pair);
}

void attention_forward(const AttentionForward<double>& args) {
  check_attention(args.shape);
  reference::attention_forward(args);
}
void attention_backward(const AttentionBackward<double>& args) {
  check_attention(args.shape);
  reference::attention_backward(args);
}

}  // namespace medley::kernels::cpu
