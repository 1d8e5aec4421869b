// cuda::attention_forward: checks what the host can see, and chooses a kernel.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/cudnn/attention.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr const char* kOp = "attention_forward";

template <class T>
void check_strides(const AttentionForward<T>& args) {
  const int64_t width = args.shape.heads * args.shape.head_dim;
  const auto check = [&](const char* name, int64_t stride) {
    if (stride < width || stride > std::numeric_limits<int32_t>::max())
      throw ValueError(str("[", kOp, "] ", name, " is ", stride, ", but a row has ",
                           args.shape.heads, " heads of ", args.shape.head_dim));
  };
  check("q_stride", args.q_stride);
  check("k_stride", args.k_stride);
  check("v_stride", args.v_stride);
  check("o_stride", args.o_stride);
}

template <class T>
void check(const AttentionForward<T>& args) {
  check_attention_shape(kOp, args.shape);
  check_strides(args);
  const AttentionShape<T>& shape = args.shape;
  const int64_t width = shape.heads * shape.head_dim;
  check_buffers(kOp, {input("q", args.q, shape.q_rows, width, args.q_stride),
                      input("k", args.k, shape.k_rows, width, args.k_stride),
                      input("v", args.v, shape.k_rows, width, args.v_stride), cu_q_of(shape),
                      cu_k_of(shape), kv_index_of(shape), step_of(shape),
                      output("o", args.o, shape.q_rows, width, args.o_stride),
                      optional_output("lse", args.lse, shape.heads, shape.q_rows)});
}

// Rows can be copied in pieces of 16 bytes.
template <class T>
bool is_aligned(const AttentionForward<T>& args) {
  constexpr int64_t kPiece = 16;
  const auto aligned = [](const T* x, int64_t stride) {
    return reinterpret_cast<uintptr_t>(x) % kPiece == 0 &&
           stride % (kPiece / static_cast<int64_t>(sizeof(T))) == 0;
  };
  return aligned(args.q, args.q_stride) && aligned(args.k, args.k_stride) &&
         aligned(args.v, args.v_stride) && aligned(args.o, args.o_stride);
}

void run(const AttentionForward<float>& args, ForwardKernel kernel, const AttentionFaults& faults,
         Stream stream) {
  if (kernel == ForwardKernel::tiled) return attention_tiled(args, faults, stream);
  attention_naive(args, faults, stream);
}
void run(const AttentionForward<bf16>& args, ForwardKernel kernel, const AttentionFaults& faults,
         Stream stream) {
  if (kernel == ForwardKernel::streamed) return attention_streamed(args, faults, stream);
  if (kernel == ForwardKernel::resident) return attention_resident(args, faults, stream);
  attention_naive(args, faults, stream);
}

}  // namespace

const char* name_of(ForwardKernel kernel) {
  switch (kernel) {
    case ForwardKernel::naive:
      return "naive";
    case ForwardKernel::tiled:
      return "tiled";
    case ForwardKernel::streamed:
      return "streamed";
    case ForwardKernel::resident:
      return "resident";
  }
  return "?";
}

template <class T>
const char* why_not(const AttentionForward<T>& args, ForwardKernel kernel) {
  constexpr bool is_float = std::is_same_v<T, float>;
  const AttentionShape<T>& shape = args.shape;
  const int64_t d = shape.head_dim;
  if (kernel == ForwardKernel::naive) return nullptr;
  if ((kernel == ForwardKernel::tiled) != is_float)
    return is_float ? "it computes in bf16" : "it computes in f32";
  if (!is_aligned(args)) return "pointers and strides are not all multiples of 16 bytes";
  if (!(shape.scale > 0)) return "scale is not positive";
  if (d != 32 && d != 64 && d != 128) return "the head dim is not 32, 64 or 128";
  if (kernel == ForwardKernel::tiled)
    return attention_tiled_bytes(d) <= shared_limit() ? nullptr : kNoRoom;
  if (kernel == ForwardKernel::streamed) return nullptr;
  if (d == 128) return "the head dim is not 32 or 64";
  return longest_k(shape) <= kResidentKeys ? nullptr : "there are more than 224 keys";
}

template <class T>
ForwardKernel choose_forward(const AttentionForward<T>& args) {
  for (const ForwardKernel kernel :
       {ForwardKernel::resident, ForwardKernel::streamed, ForwardKernel::tiled})
    if (why_not(args, kernel) == nullptr) return kernel;
  return ForwardKernel::naive;
}

template <class T>
void attention_forward(const AttentionForward<T>& args, std::optional<ForwardKernel> kernel,
                       Stream stream) {
  check(args);
  if (kernel)
    if (const char* why = why_not(args, *kernel))
      throw ValueError(str("[", kOp, "] the ", name_of(*kernel), " kernel cannot run this: ", why));
  if (args.shape.blocks == 0 || args.shape.q_rows == 0) return;
  run(args, kernel.value_or(choose_forward(args)), attention_faults(kOp), stream);
}

template const char* why_not(const AttentionForward<float>&, ForwardKernel);
template const char* why_not(const AttentionForward<bf16>&, ForwardKernel);
template ForwardKernel choose_forward(const AttentionForward<float>&);
template ForwardKernel choose_forward(const AttentionForward<bf16>&);
template void attention_forward(const AttentionForward<float>&, std::optional<ForwardKernel>,
                                Stream);
template void attention_forward(const AttentionForward<bf16>&, std::optional<ForwardKernel>,
                                Stream);

void attention_forward(const AttentionForward<float>& args, Stream stream) {
  attention_forward(args, std::nullopt, stream);
}
void attention_forward(const AttentionForward<bf16>& args, Stream stream) {
  if (cudnn::takes(args)) {
    check(args);
    return cudnn::attention_forward(args, stream);
  }
  attention_forward(args, std::nullopt, stream);
}

}  // namespace medley::kernels::cuda
