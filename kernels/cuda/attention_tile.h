// What the attention kernels of both directions share: which rows a thread block works on, tiles of
// rows in shared memory and how their fragments are read, and dropout's mask.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_launch.h"
#include "kernels/cuda/device/cp_async.h"
#include "kernels/cuda/device/cuda.h"
#include "kernels/cuda/device/fault.h"
#include "kernels/cuda/device/ldmatrix.h"

namespace medley::kernels::cuda {

struct AttentionRows {
  int32_t first, count;
};

// Rows cu[i] .. cu[i + 1]; none, and a fault, where the offsets are not
// 0 = cu[0] <= .. <= cu[n] = rows.
MEDLEY_DEVICE AttentionRows attention_rows(const int32_t* cu, int64_t i, int64_t n, int64_t rows,
                                           medley::cuda::Fault* fault) {
  using device::FaultKind;
  const int32_t first = cu[i], end = cu[i + 1];
  if (i == 0 && first != 0)
    device::raise_fault(fault, FaultKind::index_out_of_range, 0, first, 1);
  else if (first < 0 || end < first)
    device::raise_fault(fault, FaultKind::offsets_decrease, i + 1, end, first);
  else if (end > rows || (i + 1 == n && end != rows))
    device::raise_fault(fault, FaultKind::offsets_end, i + 1, end, rows);
  else
    return {first, end - first};
  return {0, 0};
}

// Query block i against its key block: rows q0 .. q0 + lq of q and k0 .. k0 + lk of k.
struct AttentionBlock {
  int32_t q0, lq, k0, lk;

  // How many keys, from the first, row r of the block sees.
  MEDLEY_DEVICE int32_t visible(int32_t r, bool causal) const {
    return causal ? min(max(r + 1 + lk - lq, 0), lk) : lk;
  }
};

// A block with bad offsets, a bad kv_index or more than most_keys keys has no rows or no keys.
template <class T>
MEDLEY_DEVICE AttentionBlock attention_block(const AttentionShape<T>& shape, int64_t i,
                                             const AttentionFaults& faults,
                                             int64_t most_keys = INT32_MAX) {
  using device::FaultKind;
  const AttentionRows q = attention_rows(shape.cu_q, i, shape.blocks, shape.q_rows, faults.cu_q);
  const int64_t j = shape.kv_index == nullptr ? i : shape.kv_index[i];
  if (j < 0 || j >= shape.kv_blocks) {
    device::raise_fault(faults.kv_index, FaultKind::index_out_of_range, i, j, shape.kv_blocks);
    return {q.first, q.count, 0, 0};
  }
  const AttentionRows k = attention_rows(shape.cu_k, j, shape.kv_blocks, shape.k_rows, faults.cu_k);
  if (k.count > most_keys) {
    device::raise_fault(faults.key_length, FaultKind::index_out_of_range, j, k.count,
                        most_keys + 1);
    return {q.first, q.count, 0, 0};
  }
  return {q.first, q.count, k.first, k.count};
}

// Where element (row, column) of a tile [rows, D] of bf16 lies. A row is cut into chunks of 16
// bytes; chunk c of row r lies at c ^ (r mod 8), in rows of 64 bytes at c ^ (r / 2 mod 4). The
// eight rows of one chunk column, which ldmatrix reads at once, so lie in eight different groups of
// banks.
template <int D>
MEDLEY_DEVICE constexpr int swizzle(int row, int column) {
  constexpr int kElements = 8;  // of a chunk
  static_assert(D % 32 == 0, "a row has at least four chunks");
  const int mask = D >= 64 ? row % 8 : row / 2 % 4;
  return row * D + ((column / kElements) ^ mask) * kElements + column % kElements;
}

// Starts copying rows first .. first + rows of a matrix (`count` rows, row stride `stride`) into a
// tile; rows beyond `count` become zeros, so that no garbage meets the zeros of P (0 * NaN). Lane
// `thread` of `threads`. The caller commits and waits.
template <int D>
MEDLEY_DEVICE void load_tile(bf16* tile, const bf16* x, int64_t stride, int first, int rows,
                             int count, int thread, int threads) {
  constexpr int kChunks = D / 8;
  // Addresses of several rows at once would take registers from the products.
  MEDLEY_NO_UNROLL
  for (int i = thread; i < rows * kChunks; i += threads) {
    const int row = i / kChunks, column = i % kChunks * 8;
    const bool valid = first + row < count;
    device::cp_async16(tile + swizzle<D>(row, column),
                       valid ? x + (first + row) * stride + column : x, valid);
  }
}

// Fragments of mma.m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16") from a swizzled tile.
// Every lane names one row of eight elements to ldmatrix. Constant for a lane are its row and
// column inside a 16 x 16 part and so the swizzle; `row` must be a multiple of 8 and `column` of
// 16, which then only move the address.
//
//   a                 A = part     one A operand, 16 rows x 16 columns
//   a_of_transposed   A = part^T
//   b                 B = part     k is rows, n is columns: two B operands, columns 0-7 and 8-15
//   b_of_transposed   B = part^T   k is columns, n is rows: two B operands, rows 0-7 and 8-15
template <int D>
struct Fragments {
  // Swizzled offsets: the 8 x 8 matrices counted down the rows, or along them first.
  int along, across;

  MEDLEY_DEVICE explicit Fragments(int lane)
      : along(swizzle<D>(lane % 16, lane / 16 * 8)),
        across(swizzle<D>(lane / 16 * 8 + lane % 8, lane / 8 % 2 * 8)) {}

  MEDLEY_DEVICE void a(uint32_t (&r)[4], const bf16* tile, int row, int column) const {
    device::ldmatrix_x4(r, at(tile, along, row, column));
  }
  MEDLEY_DEVICE void a_of_transposed(uint32_t (&r)[4], const bf16* tile, int row,
                                     int column) const {
    device::ldmatrix_x4_trans(r, at(tile, across, row, column));
  }
  MEDLEY_DEVICE void b(uint32_t (&r)[4], const bf16* tile, int row, int column) const {
    device::ldmatrix_x4_trans(r, at(tile, along, row, column));
  }
  MEDLEY_DEVICE void b_of_transposed(uint32_t (&r)[4], const bf16* tile, int row,
                                     int column) const {
    device::ldmatrix_x4(r, at(tile, across, row, column));
  }

 private:
  // swizzle(row + r, column + c), where `offset` is swizzle(r, c): columns that are multiples of 16
  // change other bits of the chunk number than c, and XOR adds them.
  static MEDLEY_DEVICE const bf16* at(const bf16* tile, int offset, int row, int column) {
    return tile + row * D + (offset ^ column);
  }
};

// Keep bits of eight probabilities of a row: bit j for column 8 c + j.
MEDLEY_DEVICE uint32_t dropout_bits(const DropoutKey& key, uint32_t batch, uint32_t row,
                                    uint32_t c) {
  const std::array<uint32_t, 4> words = dropout_block(key, batch, row, c);
  const uint32_t threshold = key.threshold();
  uint32_t bits = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    if ((words[i] & 0xffffu) >= threshold) bits |= 1u << (2 * i);
    if (words[i] >> 16 >= threshold) bits |= 2u << (2 * i);
  }
  return bits;
}

// Keep bits of columns 8 c .. 8 c + 31 of a row, for the four lanes that hold this row of an
// accumulator: each draws one block and they share.
MEDLEY_DEVICE uint32_t dropout_bits_of_quad(const DropoutKey& key, uint32_t batch, uint32_t row,
                                            uint32_t c) {
  const uint32_t t = threadIdx.x % 4;
  uint32_t bits = dropout_bits(key, batch, row, c + t) << (8 * t);
  bits |= __shfl_xor_sync(~0u, bits, 1);
  return bits | __shfl_xor_sync(~0u, bits, 2);
}

}  // namespace medley::kernels::cuda
