#include "kernels/add.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/add.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kCheapGrain = 32768;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/add.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void add(const Add<float>& args) { MEDLEY_ISA_CALL(add, args); }
void add(const Add<double>& args) { reference::add(args); }

}  // namespace medley::kernels::cpu
