// cuda::attention_backward: checks what the host can see, and chooses a kernel.
#include <array>

#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/cudnn/attention.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr const char* kOp = "attention_backward";

// [rows, heads * head_dim] with a row stride.
template <class T>
struct Matrix {
  const char* name;
  const T* data;
  int64_t rows, stride;
};
template <class T>
std::array<Matrix<T>, 5> inputs(const AttentionBackward<T>& args) {
  const int64_t q_rows = args.shape.q_rows, k_rows = args.shape.k_rows;
  return {{{"q", args.q, q_rows, args.q_stride},
           {"k", args.k, k_rows, args.k_stride},
           {"v", args.v, k_rows, args.v_stride},
           {"o", args.o, q_rows, args.o_stride},
           {"d_o", args.d_o, q_rows, args.o_stride}}};
}
template <class T>
std::array<Matrix<T>, 3> outputs(const AttentionBackward<T>& args) {
  return {{{"dq", args.dq, args.shape.q_rows, args.dq_stride},
           {"dk", args.dk, args.shape.k_rows, args.dk_stride},
           {"dv", args.dv, args.shape.k_rows, args.dv_stride}}};
}

// dq, dk and dv may be columns of one matrix, as q, k and v may.
template <class T>
void check(const AttentionBackward<T>& args) {
  check_attention_shape(kOp, args.shape);
  const int64_t width = args.shape.heads * args.shape.head_dim;
  const auto check_stride = [&](const Matrix<T>& x) {
    if (x.stride < width || x.stride > std::numeric_limits<int32_t>::max())
      throw ValueError(str("[", kOp, "] the stride of ", x.name, " is ", x.stride,
                           ", but a row has ", args.shape.heads, " heads of ",
                           args.shape.head_dim));
  };
  const auto in = inputs(args);
  const auto out = outputs(args);
  for (const Matrix<T>& x : in) check_stride(x);
  for (const Matrix<T>& x : out) check_stride(x);
  const auto read = [&](const Matrix<T>& x) {
    return input(x.name, x.data, x.rows, width, x.stride);
  };
  const auto written = [&](const Matrix<T>& x) {
    return output(x.name, x.data, x.rows, width, x.stride);
  };
  const AttentionShape<T>& shape = args.shape;
  check_buffers(
      kOp, {read(in[0]), read(in[1]), read(in[2]), read(in[3]), read(in[4]),
            input("lse", args.lse, shape.heads, shape.q_rows), cu_q_of(shape), cu_k_of(shape),
            kv_index_of(shape), step_of(shape), written(out[0]), written(out[1]), written(out[2])});
}

// Rows can be read and written in pieces of 16 bytes.
template <class T>
bool is_aligned(const AttentionBackward<T>& args) {
  constexpr int64_t kPiece = 16;
  const auto aligned = [](const Matrix<T>& x) {
    return reinterpret_cast<uintptr_t>(x.data) % kPiece == 0 &&
           x.stride % (kPiece / static_cast<int64_t>(sizeof(T))) == 0;
  };
  const auto in = inputs(args);
  const auto out = outputs(args);
  return std::all_of(in.begin(), in.end(), aligned) && std::all_of(out.begin(), out.end(), aligned);
}

// As many warps as the registers of a multiprocessor and the shared memory of a block allow.
int64_t most_warps(int64_t head_dim) {
  int warps = kMostWarps;
  while (warps > 1 && attention_backward_mma_bytes(head_dim, warps) > shared_limit()) --warps;
  return warps;
}
KeyLayout layout_of(const AttentionShape<bf16>& shape, int64_t steps) {
  return key_layout(shape.head_dim, longest_k(shape), steps, most_warps(shape.head_dim));
}

void run(const AttentionBackward<float>& args, BackwardKernel kernel, const AttentionFaults& faults,
         Stream stream) {
  if (kernel == BackwardKernel::tiled) return attention_backward_tiled(args, faults, stream);
  attention_backward_naive(args, faults, stream);
}
void run(const AttentionBackward<bf16>& args, BackwardKernel kernel, const AttentionFaults& faults,
         Stream stream) {
  if (kernel == BackwardKernel::naive) return attention_backward_naive(args, faults, stream);
  const int64_t steps = kernel == BackwardKernel::key_steps ? 2 : 1;
  attention_backward_mma(args, layout_of(args.shape, steps), faults, stream);
}

}  // namespace

const char* name_of(BackwardKernel kernel) {
  switch (kernel) {
    case BackwardKernel::naive:
      return "naive";
    case BackwardKernel::tiled:
      return "tiled";
    case BackwardKernel::single_pass:
      return "single pass";
    case BackwardKernel::key_steps:
      return "key steps";
  }
  return "?";
}

template <class T>
const char* why_not(const AttentionBackward<T>& args, BackwardKernel kernel) {
  constexpr bool is_float = std::is_same_v<T, float>;
  const int64_t d = args.shape.head_dim;
  if (kernel == BackwardKernel::naive) return nullptr;
  if ((kernel == BackwardKernel::tiled) != is_float)
    return is_float ? "it computes in bf16" : "it computes in f32";
  if (d != 32 && d != 64 && d != 128) return "the head dim is not 32, 64 or 128";
  if (kernel == BackwardKernel::tiled)
    return attention_backward_tiled_bytes(d) <= shared_limit() ? nullptr : kNoRoom;
  if (!is_aligned(args)) return "pointers and strides are not all multiples of 16 bytes";
  if (kernel == BackwardKernel::key_steps) return nullptr;
  if constexpr (!is_float)
    if (layout_of(args.shape, 1).steps > 1) return "there are more keys than fit at once";
  return nullptr;
}

template <class T>
BackwardKernel choose_backward(const AttentionBackward<T>& args) {
  for (const BackwardKernel kernel :
       {BackwardKernel::single_pass, BackwardKernel::key_steps, BackwardKernel::tiled})
    if (why_not(args, kernel) == nullptr) return kernel;
  return BackwardKernel::naive;
}

template <class T>
void attention_backward(const AttentionBackward<T>& args, std::optional<BackwardKernel> kernel,
                        Stream stream) {
  check(args);
  if (kernel)
    if (const char* why = why_not(args, *kernel))
      throw ValueError(str("[", kOp, "] the ", name_of(*kernel), " kernel cannot run this: ", why));
  run(args, kernel.value_or(choose_backward(args)), attention_faults(kOp), stream);
}

template const char* why_not(const AttentionBackward<float>&, BackwardKernel);
template const char* why_not(const AttentionBackward<bf16>&, BackwardKernel);
template BackwardKernel choose_backward(const AttentionBackward<float>&);
template BackwardKernel choose_backward(const AttentionBackward<bf16>&);
template void attention_backward(const AttentionBackward<float>&, std::optional<BackwardKernel>,
                                 Stream);
template void attention_backward(const AttentionBackward<bf16>&, std::optional<BackwardKernel>,
                                 Stream);

void attention_backward(const AttentionBackward<float>& args, Stream stream) {
  attention_backward(args, std::nullopt, stream);
}
void attention_backward(const AttentionBackward<bf16>& args, Stream stream) {
  if (cudnn::takes(args)) {
    check(args);
    return cudnn::attention_backward(args, /*deterministic=*/true, stream);
  }
  attention_backward(args, std::nullopt, stream);
}

}  // namespace medley::kernels::cuda
