// The bare product under cuda::gemm: cublaslt.cpp on a GPU, emulator/matmul.cpp in its place on the
// CPU. Everything is row-major.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "core/device.h"
#include "core/dtype.h"
#include "kernels/cuda/plan_cache.h"

namespace medley::kernels::cuda {

// A matrix, or, when `transposed`, the matrix whose transpose lies at data.
struct MatmulOperand {
  const void* data = nullptr;
  int64_t ld = 0;  // from one stored row to the next, in elements
  bool transposed = false;
};

// d = a b + bias + c, summed in f32 and rounded once.
struct Matmul {
  int64_t m = 0, n = 0, k = 0;  // none is 0
  DType in = DType::f32;        // of a and b: f32 or bf16
  DType out = DType::f32;       // of the rest: f32, or bf16 when `in` is
  MatmulOperand a;              // [m, k]
  MatmulOperand b;              // [k, n]
  const void* bias = nullptr;   // [n], optional
  const void* c = nullptr;      // [m, n], row stride ldd, optional; may be d
  void* d = nullptr;            // [m, n]
  int64_t ldd = 0;
};

// False, with nothing queued: the library has no algorithm that adds this bias or c. Throws
// DeviceError when it has none for the bare product.
bool matmul(const Matmul& args, Stream stream);
PlanStats matmul_plan_stats();

// What a plan depends on.
struct MatmulKey {
  int64_t m, n, k, lda, ldb, ldd;
  DType in, out;
  bool a_transposed, b_transposed, has_bias, has_c;
  std::array<uint16_t, 5> alignment;  // bytes, at most 256: a, b, bias, c, d

  explicit MatmulKey(const Matmul& args)
      : m(args.m),
        n(args.n),
        k(args.k),
        lda(args.a.ld),
        ldb(args.b.ld),
        ldd(args.ldd),
        in(args.in),
        out(args.out),
        a_transposed(args.a.transposed),
        b_transposed(args.b.transposed),
        has_bias(args.bias != nullptr),
        has_c(args.c != nullptr),
        alignment{alignment_of(args.a.data), alignment_of(args.b.data), alignment_of(args.bias),
                  alignment_of(args.c), alignment_of(args.d)} {}
  auto operator<=>(const MatmulKey&) const = default;

 private:
  static uint16_t alignment_of(const void* p) {
    const auto address = reinterpret_cast<uintptr_t>(p) | 256;  // null is aligned to anything
    return static_cast<uint16_t>(address & (~address + 1));
  }
};

}  // namespace medley::kernels::cuda
