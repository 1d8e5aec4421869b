// Instruction sets that the CPU kernels are compiled for, and the choice between them at run time.
#pragma once

#include <string_view>

// Whether products on AMX tiles are compiled.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define MEDLEY_AMX 1
#else
#define MEDLEY_AMX 0
#endif

namespace medley::kernels::cpu {

// amx is avx512 with matrix products on tiles. amx_model does the same with tiles in plain loops,
// so that these products can be tested on CPUs that have no tiles; it is slow.
enum class Isa { portable, avx2, avx512, amx_model, amx };
inline constexpr Isa kAllIsas[] = {Isa::portable, Isa::avx2, Isa::avx512, Isa::amx_model, Isa::amx};

// The fastest that this CPU has, or what MEDLEY_ISA names (portable, avx2, avx512, amx, amx_model).
// Throws ValueError for a set that the CPU lacks.
Isa isa();
void set_isa(Isa isa);  // for tests and benchmarks: throws ValueError for a set that the CPU lacks
bool cpu_has(Isa isa);
std::string_view name_of(Isa isa);

}  // namespace medley::kernels::cpu

// Calls the variant of a kernel for the current instruction set: MEDLEY_ISA_CALL(layernorm_forward,
// args).
#define MEDLEY_ISA_CALL(function, ...)             \
  do {                                             \
    switch (::medley::kernels::cpu::isa()) {       \
      case ::medley::kernels::cpu::Isa::amx:       \
      case ::medley::kernels::cpu::Isa::amx_model: \
      case ::medley::kernels::cpu::Isa::avx512:    \
        return avx512::function(__VA_ARGS__);      \
      case ::medley::kernels::cpu::Isa::avx2:      \
        return avx2::function(__VA_ARGS__);        \
      case ::medley::kernels::cpu::Isa::portable:  \
        return portable::function(__VA_ARGS__);    \
    }                                              \
  } while (false)
