#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/tensor_map.h"

namespace medley::kernels::cuda {
namespace {

void check(const bf16* base, int64_t row_bytes, int box_rows, int box_columns) {
  const auto require = [](bool good, const std::string& what) {
    if (!good) throw ValueError("[make_tensor_map] " + what);
  };
  require(reinterpret_cast<uintptr_t>(base) % 16 == 0,
          "the matrix does not begin at a multiple of 16");
  require(row_bytes % 16 == 0, str("rows begin ", row_bytes, " bytes apart, not a multiple of 16"));
  require(box_columns > 0 && box_columns <= 64 && box_columns % 8 == 0,
          str("a box of ", box_columns, " columns: a multiple of 8 up to 64 is needed"));
  require(box_rows > 0 && box_rows <= 256,
          str("a box of ", box_rows, " rows: 1 to 256 are allowed"));
}

}  // namespace

#if defined(MEDLEY_CUDA_EMULATED)

device::TensorMap make_tensor_map(const bf16* base, int64_t rows, int64_t columns,
                                  int64_t row_bytes, int box_rows, int box_columns) {
  check(base, row_bytes, box_rows, box_columns);
  return {base, rows, columns, row_bytes, box_rows, box_columns};
}

#else

// The driver's function, through the runtime: medley does not link the driver's library.
device::TensorMap make_tensor_map(const bf16* base, int64_t rows, int64_t columns,
                                  int64_t row_bytes, int box_rows, int box_columns) {
  check(base, row_bytes, box_rows, box_columns);
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  constexpr unsigned kCuda12 = 12000;
  if (cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, kCuda12,
                                       cudaEnableDefault, &found) != cudaSuccess ||
      found != cudaDriverEntryPointSuccess)
    throw DeviceError(
        "[make_tensor_map] the driver has no cuTensorMapEncodeTiled: it is older than CUDA 12");
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(row_bytes)};
  const cuuint32_t box[] = {static_cast<cuuint32_t>(box_columns),
                            static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t steps[] = {1, 1};
  device::TensorMap map{};
  const CUresult status = reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function)(
      &map.map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, const_cast<bf16*>(base), sizes, strides, box,
      steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    throw DeviceError(str("[make_tensor_map] the driver refuses a matrix of ", rows, " x ", columns,
                          ", boxes of ", box_rows, " x ", box_columns, ": error ",
                          static_cast<int>(status)));
  return map;
}

#endif

}  // namespace medley::kernels::cuda
