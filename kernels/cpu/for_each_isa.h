// Compiles a kernel body once for each instruction set, in namespaces portable, avx2 and avx512 of
// medley::kernels::cpu. No include guard: a .cpp file includes its headers, then
//   #define MEDLEY_ISA_BODY "kernels/cpu/layernorm.inc"
//   #include "kernels/cpu/for_each_isa.h"
// and calls the variants through MEDLEY_ISA_CALL. Standard headers must come before, so that their
// inline functions are not compiled for a CPU that may not be there. Clang ignores the pragmas: it
// gets the portable set only, for fuzzing, and cmake/compiler.cmake refuses it for anything else.
#ifndef MEDLEY_ISA_BODY
#error "define MEDLEY_ISA_BODY before including for_each_isa.h"
#endif

#include <cstdint>
#include <cstring>
#include <utility>

#define MEDLEY_ISA_LANES 4
namespace medley::kernels::cpu::portable {
#include "kernels/cpu/simd.inc"
#include MEDLEY_ISA_BODY
}  // namespace medley::kernels::cpu::portable
#undef MEDLEY_ISA_LANES

#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define MEDLEY_ISA_LANES 8
namespace medley::kernels::cpu::avx2 {
#include "kernels/cpu/simd.inc"
#include MEDLEY_ISA_BODY
}  // namespace medley::kernels::cpu::avx2
#undef MEDLEY_ISA_LANES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")
#define MEDLEY_ISA_LANES 16
namespace medley::kernels::cpu::avx512 {
#include "kernels/cpu/simd.inc"
#include MEDLEY_ISA_BODY
}  // namespace medley::kernels::cpu::avx512
#undef MEDLEY_ISA_LANES
#pragma GCC pop_options
#else
namespace medley::kernels::cpu {
namespace avx2 = portable;
namespace avx512 = portable;
}  // namespace medley::kernels::cpu
#endif
#undef MEDLEY_ISA_BODY
