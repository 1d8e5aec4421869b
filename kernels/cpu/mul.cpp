#include "kernels/mul.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/mul.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kCheapGrain = 32768;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/mul.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void mul(const Mul<float>& args) { MEDLEY_ISA_CALL(mul, args); }
void mul(const Mul<double>& args) { reference::mul(args); }

}  // namespace medley::kernels::cpu
