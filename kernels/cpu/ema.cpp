#include "kernels/ema.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/ema.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kCheapGrain = 32768;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/ema.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void ema(const Ema<float>& args) { MEDLEY_ISA_CALL(ema, args); }
void ema(const Ema<double>& args) { reference::ema(args); }

}  // namespace medley::kernels::cpu
