// Finds out what the CPU has. The sets are groups: "avx512" is F, DQ, BW and VL together, as every
// server part has had them since Skylake-SP.
#include "kernels/cpu/isa.h"

#include <atomic>
#include <string>

#include "core/env.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::kernels::cpu {
namespace {

void need(Isa isa) {
  if (!cpu_has(isa)) {
    throw ValueError(str("[isa] this CPU does not have ", name_of(isa)),
                     "leave MEDLEY_ISA unset for the best that it has");
  }
}

Isa isa_by_default() {
  const std::string name = env("MEDLEY_ISA");
  if (name.empty()) {
    if (cpu_has(Isa::avx512)) return Isa::avx512;
    return cpu_has(Isa::avx2) ? Isa::avx2 : Isa::portable;
  }
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (name == name_of(isa)) {
      need(isa);
      return isa;
    }
  }
  throw ValueError(str("MEDLEY_ISA is '", name, "'"), "use portable, avx2 or avx512");
}

std::atomic<Isa>& current() {
  static std::atomic<Isa> isa{isa_by_default()};
  return isa;
}

}  // namespace

Isa isa() { return current().load(std::memory_order_relaxed); }

void set_isa(Isa isa) {
  need(isa);
  current().store(isa, std::memory_order_relaxed);
}

bool cpu_has(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return true;
#if defined(__x86_64__)
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::avx512:
      return cpu_has(Isa::avx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl");
#else
    case Isa::avx2:
    case Isa::avx512:
      return false;
#endif
  }
  return false;
}

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "?";
}

}  // namespace medley::kernels::cpu
