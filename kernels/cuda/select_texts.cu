// Texts picked by index: one block finds the rows where they begin, then a warp copies each.
#include <algorithm>

#include "core/cuda/fault.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/fault.h"
#include "kernels/cuda/launch.h"
#include "kernels/select_texts.h"

namespace medley::kernels::cuda {
namespace {

using medley::cuda::Fault;
using medley::cuda::FaultKind;

constexpr int kThreads = 256, kWarp = 32;

// Rows of text i of the result; 0 where its source is not there.
MEDLEY_DEVICE int64_t picked_length(const SelectTexts& a, int64_t i, Fault* fault) {
  const int64_t source = a.source[i];
  if (source < 0 || source >= a.texts) {
    device::raise_fault(fault, FaultKind::index_out_of_range, i, source, a.texts);
    return 0;
  }
  return a.cu[source + 1] - a.cu[source];
}

// out_cu, out_first, out_ends. One thread: there are some hundred texts, and a sum in order.
// registers: 34
__global__ void __launch_bounds__(kWarp)
    select_texts_rows_kernel(const SelectTexts a, Fault* fault) {
  if (threadIdx.x != 0) return;
  int64_t row = 0;
  a.out_cu[0] = 0;
  for (int64_t i = 0; i < a.picked + a.padding; ++i) {
    if (i < a.picked) a.out_first[i] = static_cast<int32_t>(row);
    const int64_t length = i < a.picked ? picked_length(a, i, fault) : a.longest;
    row = min(row + length, a.rows);
    a.out_cu[i + 1] = static_cast<int32_t>(row);
    if (a.out_ends != nullptr) a.out_ends[i] = static_cast<int32_t>(a.rows_before + row);
  }
}

// A warp a text.
// registers: 32
__global__ void __launch_bounds__(kThreads) select_texts_copy_kernel(const SelectTexts a) {
  const int64_t i = (int64_t{blockIdx.x} * kThreads + threadIdx.x) / kWarp;
  if (i >= a.picked + a.padding) return;
  const int64_t begin = a.out_cu[i], length = a.out_cu[i + 1] - begin;
  if (length == 0) return;
  const int32_t* const text = i < a.picked ? a.ids + a.cu[a.source[i]] : nullptr;
  for (int64_t t = threadIdx.x % kWarp; t < length; t += kWarp) {
    a.out_ids[begin + t] = text == nullptr ? 0 : t == 0 ? a.first_token : text[t];
    a.out_positions[begin + t] = static_cast<int32_t>(t);
  }
}

void check(const SelectTexts& a) {
  check_sizes("select_texts", {{"texts", a.texts},
                               {"longest", a.longest},
                               {"picked", a.picked},
                               {"padding", a.padding},
                               {"rows", a.rows},
                               {"rows_before", a.rows_before}});
  const int64_t texts = a.picked + a.padding;
  // How many ids there are, only cu knows.
  check_buffers(
      "select_texts",
      {input("ids", a.ids, std::min<int64_t>(a.picked, 1)),
       input("cu", a.cu, a.picked > 0 ? a.texts + 1 : 0), input("source", a.source, a.picked),
       output("out_ids", a.out_ids, a.rows), output("out_positions", a.out_positions, a.rows),
       output("out_cu", a.out_cu, texts + 1), output("out_first", a.out_first, a.picked),
       optional_output("out_ends", a.out_ends, texts)});
}

}  // namespace

void select_texts(const SelectTexts& args, Stream stream) {
  check(args);
  launch(select_texts_rows_kernel,
         {.kernel = "select_texts_rows", .grid = dim3(1), .block = dim3(kWarp)}, stream, args,
         medley::cuda::fault_slot("select_texts", "source"));
  const int64_t threads = (args.picked + args.padding) * kWarp;
  launch(select_texts_copy_kernel,
         {.kernel = "select_texts_copy",
          .grid = dim3(static_cast<unsigned>((threads + kThreads - 1) / kThreads)),
          .block = dim3(kThreads)},
         stream, args);
}

}  // namespace medley::kernels::cuda
