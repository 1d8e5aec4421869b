// What each op refuses of its buffers before anything is launched.
#include <cmath>

#include "core/error.h"
#include "kernels/adamw.h"
#include "kernels/add.h"
#include "kernels/attention.h"
#include "kernels/cast.h"
#include "kernels/clamp.h"
#include "kernels/cross_entropy.h"
#include "kernels/drop_path.h"
#include "kernels/ema.h"
#include "kernels/embedding.h"
#include "kernels/gather.h"
#include "kernels/gelu.h"
#include "kernels/itc.h"
#include "kernels/layernorm.h"
#include "kernels/linear.h"
#include "kernels/mul.h"
#include "kernels/norm.h"
#include "kernels/normalize.h"
#include "kernels/patch_embed.h"
#include "kernels/relu.h"
#include "kernels/sampling.h"
#include "kernels/select_texts.h"
#include "kernels/softmax.h"
#include "kernels/sum.h"
#include "tests/cuda/support.h"

namespace medley::tests {
namespace {

using namespace kernels;
using Catch::Contains;
namespace ops = kernels::cuda;

// Device memory for the pointers of an op, each a kilobyte of its own.
class Memory {
 public:
  template <class T>
  operator T*() {
    REQUIRE(used_ + 1024 <= all_.size());
    used_ += 1024;
    return reinterpret_cast<T*>(all_.data() + used_ - 1024);
  }

 private:
  DeviceBuffer<unsigned char> all_{32 << 10};
  int64_t used_ = 0;
};

// `in` null, off by a byte, and `out` over it.
template <class Args, class In, class Out, class Run>
void check_op(const std::string& op, const Args& good, const Run& run, const std::string& in_name,
              In Args::*in, const std::string& out_name, Out Args::*out) {
  const auto refuses = [&](auto member, uintptr_t address, const std::string& message) {
    INFO(op << ": " << message);
    Args bad = good;
    bad.*member = reinterpret_cast<std::remove_reference_t<decltype(bad.*member)>>(address);
    CHECK_THROWS_AS(run(bad), ValueError);
    CHECK_THROWS_WITH(run(bad), Contains("[" + op + "] ") && Contains(message));
  };
  const auto start = reinterpret_cast<uintptr_t>(good.*in);
  refuses(in, 0, in_name + " is null");
  refuses(in, start + 1, "not aligned to its elements");
  refuses(out, 0, out_name + " is null");
  refuses(out, start + 8, out_name + " overlaps " + in_name);
}
#define MEDLEY_CHECK_OP(op, args, in, out)                         \
  check_op(                                                        \
      #op, args, [](const auto& a) { ops::op(a, stream()); }, #in, \
      &std::remove_cvref_t<decltype(args)>::in, #out, &std::remove_cvref_t<decltype(args)>::out)

TEST_CASE("buffers: flat ops", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const AdamW<float> adamw{.n = 9, .weight = m, .gradient = m, .m = m, .v = m};
  MEDLEY_CHECK_OP(adamw, adamw, gradient, m);
  const Add<bf16> add{.n = 9, .a = m, .y = m};
  MEDLEY_CHECK_OP(add, add, a, y);
  const Cast<float, bf16> cast{.n = 9, .x = m, .y = m};
  MEDLEY_CHECK_OP(cast, cast, x, y);
  const Ema<float> ema{.n = 9, .average = m, .value = m};
  MEDLEY_CHECK_OP(ema, ema, value, average);
  const GeluForward<float> gelu{.n = 9, .x = m, .y = m};
  MEDLEY_CHECK_OP(gelu_forward, gelu, x, y);
  GeluBackward<float> dgelu{.n = 9, .dy = m, .x = m, .dx = m, .accumulate = true};
  MEDLEY_CHECK_OP(gelu_backward, dgelu, dy, dx);
  dgelu.dx = const_cast<float*>(dgelu.dy);
  CHECK_THROWS_WITH(ops::gelu_backward(dgelu, stream()), Contains("dx overlaps dy"));
  const ReluForward<bf16> relu{.n = 9, .x = m, .y = m};
  MEDLEY_CHECK_OP(relu_forward, relu, x, y);
  const ReluBackward<bf16> drelu{.n = 9, .dy = m, .y = m, .dx = m};
  MEDLEY_CHECK_OP(relu_backward, drelu, y, dx);
  const SquaredNorm<float> norm{.n = 9, .x = m, .sum = m, .nonfinite = m};
  MEDLEY_CHECK_OP(squared_norm, norm, x, nonfinite);
  Clamp<float> clamp{.n = 9};
  CHECK_THROWS_WITH(ops::clamp(clamp, stream()), Contains("[clamp] x is null"));
}

TEST_CASE("buffers: products, sums and softmax", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const Mul<bf16> mul{.n = 9, .a = m, .b = m, .y = m};
  MEDLEY_CHECK_OP(mul, mul, b, y);
  const SumForward<float> sum{.outer = 2, .n = 3, .inner = 4, .x = m, .y = m};
  MEDLEY_CHECK_OP(sum_forward, sum, x, y);
  const SumBackward<bf16> dsum{.outer = 2, .n = 3, .inner = 4, .dy = m, .dx = m};
  MEDLEY_CHECK_OP(sum_backward, dsum, dy, dx);
  const SoftmaxForward<bf16> softmax{.rows = 2, .n = 9, .x = m, .y = m};
  MEDLEY_CHECK_OP(softmax_forward, softmax, x, y);
  const SoftmaxBackward<float> dsoftmax{.rows = 2, .n = 9, .dy = m, .y = m, .dx = m};
  MEDLEY_CHECK_OP(softmax_backward, dsoftmax, y, dx);
}

TEST_CASE("buffers: ops on rows", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const Dropout<float> dropout{.rows = 2, .n = 9, .x = m, .y = m, .key = {}};
  MEDLEY_CHECK_OP(dropout, dropout, x, y);
  const DropPath<bf16> drop_path{.samples = 2, .n = 9, .x = m, .residual = m, .y = m, .key = {}};
  MEDLEY_CHECK_OP(drop_path, drop_path, x, y);
  const LayerNormForward<bf16> layernorm{
      .rows = 2, .n = 9, .x = m, .weight = m, .bias = m, .y = m, .mean = m, .rstd = m};
  MEDLEY_CHECK_OP(layernorm_forward, layernorm, bias, y);
  const LayerNormBackward<float> dlayernorm{
      .rows = 4, .n = 9, .dy = m, .x = m, .weight = m, .mean = m, .rstd = m, .dx = m};
  MEDLEY_CHECK_OP(layernorm_backward, dlayernorm, rstd, dx);
  const NormalizeForward<float> normalize{.rows = 2, .n = 9, .x = m, .y = m, .norm = m};
  MEDLEY_CHECK_OP(normalize_forward, normalize, x, norm);
}

TEST_CASE("buffers: ops on rows, backward and by index", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const NormalizeBackward<bf16> dnormalize{.rows = 4, .n = 9, .dy = m, .y = m, .norm = m, .dx = m};
  MEDLEY_CHECK_OP(normalize_backward, dnormalize, norm, dx);
  const EmbeddingForward<bf16> embedding{.tokens = 4,
                                         .n = 9,
                                         .words = 5,
                                         .places = 6,
                                         .ids = m,
                                         .positions = m,
                                         .word = m,
                                         .position = m,
                                         .y = m};
  MEDLEY_CHECK_OP(embedding_forward, embedding, position, y);
  const EmbeddingBackward<float> dembedding{.tokens = 4,
                                            .n = 9,
                                            .words = 5,
                                            .places = 6,
                                            .ids = m,
                                            .positions = m,
                                            .dy = m,
                                            .dword = m,
                                            .dposition = m};
  MEDLEY_CHECK_OP(embedding_backward, dembedding, ids, dposition);
  const GatherForward<float> gather{.count = 4, .n = 9, .rows = 5, .index = m, .x = m, .y = m};
  MEDLEY_CHECK_OP(gather_forward, gather, index, y);
  const GatherBackward<bf16> dgather{.count = 4, .n = 9, .rows = 5, .index = m, .dy = m, .dx = m};
  MEDLEY_CHECK_OP(gather_backward, dgather, dy, dx);
}

TEST_CASE("buffers: losses and what they are drawn from", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const CrossEntropyForward<bf16> loss{
      .rows = 4, .classes = 9, .logits = m, .targets = m, .lse = m, .row_loss = m, .loss = m};
  MEDLEY_CHECK_OP(cross_entropy_forward, loss, targets, row_loss);
  const CrossEntropyBackward<float> dloss{
      .rows = 4, .classes = 9, .logits = m, .targets = m, .lse = m, .dloss = m, .dlogits = m};
  MEDLEY_CHECK_OP(cross_entropy_backward, dloss, logits, dlogits);
  const SampleNegatives<float> sampling{.batch = 4, .sim = m, .ld = 6, .index = m};
  MEDLEY_CHECK_OP(sample_negatives, sampling, sim, index);
  const SelectTexts select{.texts = 3,
                           .ids = m,
                           .cu = m,
                           .picked = 2,
                           .source = m,
                           .rows = 5,
                           .out_ids = m,
                           .out_positions = m,
                           .out_cu = m,
                           .out_first = m};
  MEDLEY_CHECK_OP(select_texts, select, cu, out_positions);
  SelectTexts negative = select;
  negative.padding = -1;
  CHECK_THROWS_WITH(ops::select_texts(negative, stream()),
                    Contains("[select_texts] padding is -1, not from 0 to "));
}

TEST_CASE("buffers: the contrastive loss", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const Itc<float> itc{.batch = 2,
                       .queue = 3,
                       .n = 4,
                       .image = m,
                       .text = m,
                       .image_momentum = m,
                       .text_momentum = m,
                       .image_queue = m,
                       .text_queue = m,
                       .temp = m,
                       .sim_i2t = m,
                       .sim_t2i = m,
                       .target_i2t = m,
                       .target_t2i = m,
                       .loss = m,
                       .dimage = m,
                       .dtext = m,
                       .dtemp = m};
  MEDLEY_CHECK_OP(itc, itc, text_queue, dtext);
  Itc<float> empty = itc;
  empty.batch = 0;
  CHECK_THROWS_WITH(ops::itc(empty, stream()), Contains("[itc] batch is 0, not from 1 to "));
}

TEST_CASE("buffers: products and patches", "[buffers]") {
  if (no_device()) return;
  Memory m;
  const Gemm<bf16> gemm{.m = 4,
                        .n = 5,
                        .k = 6,
                        .a = m,
                        .a_row = 6,
                        .b = m,
                        .b_row = 5,
                        .c = m,
                        .ldc = 5,
                        .bias = m,
                        .pre_activation = m,
                        .residual = m};
  const auto refuses = [&](const char* message, const auto& change) {
    Gemm<bf16> bad = gemm;
    change(bad);
    CHECK_THROWS_WITH(ops::gemm(bad, stream()), Contains("[gemm]") && Contains(message));
  };
  using G = Gemm<bf16>;
  refuses("A is null", [](G& g) { g.a = nullptr; });
  refuses("C is null", [](G& g) { g.k = 0, g.c = nullptr; });
  refuses("bias is 0x", [](G& g) {
    g.bias = reinterpret_cast<const float*>(reinterpret_cast<uintptr_t>(g.bias) + 1);
  });
  refuses("C overlaps bias", [](G& g) { g.bias = reinterpret_cast<float*>(g.c + 2); });
  refuses("C overlaps residual", [](G& g) { g.residual = g.c + 3; });
  refuses("C overlaps gelu_input", [](G& g) { g.gelu_input = g.c; });
  refuses("pre_activation overlaps C", [](G& g) { g.pre_activation = g.c; });
  const ColumnSum<float> sum{.rows = 3, .n = 4, .x = m, .ldx = 6, .out = m};
  MEDLEY_CHECK_OP(column_sum, sum, x, out);

  const PatchEmbedForward<bf16> patches{.batch = 1,
                                        .side = 4,
                                        .patch = 2,
                                        .width = 4,
                                        .images = m,
                                        .weight = m,
                                        .bias = m,
                                        .cls = m,
                                        .pos = m,
                                        .unfolded = m,
                                        .tokens = m};
  MEDLEY_CHECK_OP(patch_embed_forward, patches, cls, tokens);
  const PatchEmbedBackward<float> dpatches{.batch = 1,
                                           .side = 4,
                                           .patch = 2,
                                           .width = 4,
                                           .dtokens = m,
                                           .unfolded = m,
                                           .dweight = m,
                                           .dbias = m,
                                           .dcls = m,
                                           .dpos = m};
  MEDLEY_CHECK_OP(patch_embed_backward, dpatches, dtokens, dpos);
}

AttentionShape<float> one_block(Memory& m) {
  return {.blocks = 1,
          .kv_blocks = 1,
          .cu_q = m,
          .cu_k = m,
          .heads = 2,
          .head_dim = 4,
          .dropout = {},
          .q_rows = 3,
          .k_rows = 5};
}

TEST_CASE("buffers: attention", "[buffers]") {
  if (no_device()) return;
  Memory m;
  AttentionForward<float> forward{.shape = one_block(m),
                                  .q = m,
                                  .k = m,
                                  .v = m,
                                  .q_stride = 8,
                                  .k_stride = 8,
                                  .v_stride = 8,
                                  .o = m,
                                  .o_stride = 8,
                                  .lse = m};
  MEDLEY_CHECK_OP(attention_forward, forward, q, o);
  const auto refuses = [&](const char* message, const auto& change) {
    AttentionForward<float> bad = forward;
    change(bad);
    CHECK_THROWS_WITH(ops::attention_forward(bad, stream()), Contains(message));
  };
  using Args = AttentionForward<float>;
  refuses("lse overlaps o", [](Args& a) { a.lse = a.o + 4; });
  refuses("lse overlaps v", [](Args& a) { a.lse = const_cast<float*>(a.v); });
  refuses("cu_q is null", [](Args& a) { a.shape.cu_q = nullptr; });
  refuses("scale is nan", [](Args& a) { a.shape.scale = std::nanf(""); });
  refuses("scale is -inf", [](Args& a) { a.shape.scale = -INFINITY; });

  AttentionBackward<float> backward{.shape = forward.shape,
                                    .q = forward.q,
                                    .k = forward.k,
                                    .v = forward.v,
                                    .q_stride = 8,
                                    .k_stride = 8,
                                    .v_stride = 8,
                                    .o = forward.o,
                                    .d_o = m,
                                    .o_stride = 8,
                                    .lse = forward.lse,
                                    .dq = m,
                                    .dk = m,
                                    .dv = m,
                                    .dq_stride = 8,
                                    .dk_stride = 8,
                                    .dv_stride = 8};
  MEDLEY_CHECK_OP(attention_backward, backward, lse, dk);
  backward.dv = backward.dk + 8;
  CHECK_THROWS_WITH(ops::attention_backward(backward, stream()), Contains("dv overlaps dk"));
}

TEST_CASE("buffers: probabilities of dropout", "[buffers]") {
  if (no_device()) return;
  Memory m;
  Dropout<float> dropout{.rows = 2, .n = 9, .x = m, .y = m, .key = {}};
  DropPath<float> drop_path{.samples = 2, .n = 9, .x = m, .y = m, .key = {}};
  AttentionForward<float> attention{.shape = one_block(m),
                                    .q = m,
                                    .k = m,
                                    .v = m,
                                    .q_stride = 8,
                                    .k_stride = 8,
                                    .v_stride = 8,
                                    .o = m,
                                    .o_stride = 8};
  for (const float p : {-0.1f, 1.0f, 1.5f, std::nanf("")}) {
    dropout.key.p = drop_path.key.p = attention.shape.dropout.p = p;
    CHECK_THROWS_WITH(ops::dropout(dropout, stream()), Contains("[dropout] dropout.p is"));
    CHECK_THROWS_WITH(ops::drop_path(drop_path, stream()), Contains("[drop_path] dropout.p is"));
    CHECK_THROWS_WITH(ops::attention_forward(attention, stream()),
                      Contains("[attention_forward] dropout.p is"));
  }
}

#undef MEDLEY_CHECK_OP

}  // namespace
}  // namespace medley::tests
