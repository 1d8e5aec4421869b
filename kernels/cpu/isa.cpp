// Finds out what the CPU has. The sets are groups: "avx512" is F, DQ, BW and VL together, as every
// server part has had them since Skylake-SP.
#include "kernels/cpu/isa.h"

#include <atomic>
#include <string>

#include "core/env.h"
#include "core/error.h"
#include "core/str.h"
#if MEDLEY_AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace medley::kernels::cpu {
namespace {

// Linux gives the 8 KiB of tile registers only to a process that has asked for them
// (Documentation/arch/x86/xstate.rst).
bool tiles_allowed() {
#if MEDLEY_AMX
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // asm/prctl.h, XCR0
  static const bool allowed = __builtin_cpu_supports("amx-tile") &&
                              __builtin_cpu_supports("amx-bf16") &&
                              syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return allowed;
#else
  return false;
#endif
}

void need(Isa isa) {
  if (!cpu_has(isa)) {
    throw ValueError(str("[isa] this CPU does not have ", name_of(isa)),
                     "leave MEDLEY_ISA unset for the best that it has");
  }
}

Isa isa_by_default() {
  const std::string name = env("MEDLEY_ISA");
  if (name.empty()) {
    Isa fastest = Isa::portable;
    for (const Isa isa : kAllIsas)
      if (isa != Isa::amx_model && cpu_has(isa)) fastest = isa;
    return fastest;
  }
  for (const Isa isa : kAllIsas) {
    if (name == name_of(isa)) {
      need(isa);
      return isa;
    }
  }
  throw ValueError(str("MEDLEY_ISA is '", name, "'"),
                   "use portable, avx2, avx512, amx or amx_model");
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
    case Isa::amx_model:
      return MEDLEY_AMX && cpu_has(Isa::avx512);
    case Isa::amx:
      return cpu_has(Isa::avx512) && tiles_allowed();
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
    case Isa::amx_model:
      return "amx_model";
    case Isa::amx:
      return "amx";
  }
  return "?";
}

}  // namespace medley::kernels::cpu
