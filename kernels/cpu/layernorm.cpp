#include "kernels/layernorm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/scratch.h"
#include "kernels/reference/layernorm.h"

namespace medley::kernels::cpu {
namespace {

// Rows that are worth waking a thread for.
constexpr int64_t kRowGrain = 64;
// Rows of one partial sum of dweight and dbias: part of the result's bits.
constexpr int64_t kChunkRows = 64;

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/layernorm.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void layernorm_forward(const LayerNormForward<float>& args) {
  MEDLEY_ISA_CALL(layernorm_forward, args);
}
void layernorm_backward(const LayerNormBackward<float>& args) {
  MEDLEY_ISA_CALL(layernorm_backward, args);
}
void layernorm_forward(const LayerNormForward<double>& args) { reference::layernorm_forward(args); }
void layernorm_backward(const LayerNormBackward<double>& args) {
  reference::layernorm_backward(args);
}

}  // namespace medley::kernels::cpu
