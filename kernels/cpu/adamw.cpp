#include "kernels/adamw.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/adamw.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kCheapGrain = 32768;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/adamw.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void adamw(const AdamW<float>& args) {
  if (reference::skips_update(args)) return;
  const AdamWFactors<float> factors = reference::clipped_factors(args);
  MEDLEY_ISA_CALL(adamw, args, factors);
}
void adamw(const AdamW<double>& args) { reference::adamw(args); }

}  // namespace medley::kernels::cpu
