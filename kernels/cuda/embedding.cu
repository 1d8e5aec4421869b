// Token plus position embedding: a warp has a token.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/row_sums.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/embedding.h"

namespace medley::kernels::cuda {
namespace {

// Whether value, at position t of its array, is in 0 .. limit - 1; otherwise a fault.
MEDLEY_DEVICE bool check(device::Fault* fault, int64_t t, int64_t value, int64_t limit) {
  if (value >= 0 && value < limit) return true;
  if (threadIdx.x % 32 == 0)
    device::raise_fault(fault, device::FaultKind::index_out_of_range, t, value, limit);
  return false;
}

// registers: 34
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    embedding_forward_kernel(const EmbeddingForward<T> a, device::Fault* bad_id,
                             device::Fault* bad_position) {
  const int64_t t = warp_index();
  if (t >= a.tokens) return;
  const int64_t id = a.ids[t], position = a.positions[t];
  bool valid = check(bad_id, t, id, a.words);
  valid = check(bad_position, t, position, a.places) && valid;
  for (int64_t i = first_column(); i < a.n; i += kColumnStride) {
    Eight y{};
    if (valid) {
      y = load_eight(a.word + id * a.n + i, a.n - i);
      add_eight(y, a.position + position * a.n + i, a.n - i);
    }
    store_eight(a.y + t * a.n + i, a.n - i, y);
  }
}

template <class T>
void forward(const EmbeddingForward<T>& args, Stream stream) {
  const Launch how = over_rows("embedding_forward", args.tokens);
  check_buffers("embedding_forward", {input("ids", args.ids, args.tokens),
                                      input("positions", args.positions, args.tokens),
                                      input("word", args.word, args.words, args.n),
                                      input("position", args.position, args.places, args.n),
                                      output("y", args.y, args.tokens, args.n)});
  launch(embedding_forward_kernel<T>, how, stream, args,
         medley::cuda::fault_slot("embedding_forward", "ids"),
         medley::cuda::fault_slot("embedding_forward", "positions"));
}

template <class T>
void backward(const EmbeddingBackward<T>& args, Stream stream) {
  check_buffers(
      "embedding_backward",
      {input("ids", args.ids, args.tokens), input("positions", args.positions, args.tokens),
       input("dy", args.dy, args.tokens, args.n), output("dword", args.dword, args.words, args.n),
       output("dposition", args.dposition, args.places, args.n)});
  RowSums<T, float> sums{.count = args.tokens,
                         .n = args.n,
                         .rows = args.words,
                         .index = args.ids,
                         .dy = args.dy,
                         .table = args.dword};
  sum_rows(sums, medley::cuda::fault_slot("embedding_backward", "ids"), stream);
  sums.rows = args.places;
  sums.index = args.positions;
  sums.table = args.dposition;
  sum_rows(sums, medley::cuda::fault_slot("embedding_backward", "positions"), stream);
}

}  // namespace

void embedding_forward(const EmbeddingForward<float>& args, Stream stream) {
  forward(args, stream);
}
void embedding_forward(const EmbeddingForward<bf16>& args, Stream stream) { forward(args, stream); }
void embedding_backward(const EmbeddingBackward<float>& args, Stream stream) {
  backward(args, stream);
}
void embedding_backward(const EmbeddingBackward<bf16>& args, Stream stream) {
  backward(args, stream);
}

}  // namespace medley::kernels::cuda
