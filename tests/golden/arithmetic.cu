// Arithmetic that has an instruction of its own.
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/mma.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

MEDLEY_DEVICE void pack_pair(const uint32_t* in, uint32_t* out) {
  out[thread()] = pack_bf16(float_at(in, thread()), float_at(in, thread() + 32));
}

MEDLEY_DEVICE void round_to_bf16(const uint32_t* in, uint32_t* out) {
  out[thread()] = __float_as_uint(to_float(from_float<bf16>(float_at(in, thread()))));
}

MEDLEY_DEVICE void round_to_tf32(const uint32_t* in, uint32_t* out) {
  out[thread()] = to_tf32(float_at(in, thread()));
}

MEDLEY_DEVICE void power_of_two(const uint32_t* in, uint32_t* out) {
  for (int i = thread(); i < 128; i += 32) out[i] = __float_as_uint(exp2_approx(float_at(in, i)));
}

// Words of every length: the first is 0, those of the last lanes have few bits.
MEDLEY_DEVICE void count_bits(const uint32_t* in, uint32_t* out) {
  const uint32_t word = thread() == 0 ? 0 : in[thread()] >> (thread() - 1);
  out[thread()] = static_cast<uint32_t>(__popc(word));
  out[thread() + 32] = static_cast<uint32_t>(__clz(static_cast<int>(word)));
  out[thread() + 64] = static_cast<uint32_t>(__ffs(static_cast<int>(word)));
  out[thread() + 96] = __umulhi(in[thread()], in[31 - thread()]);
}

// ex2.approx.ftz promises 2^-22, the host's exp2 half a unit in the last place, 2^-24. No floor:
// both flush what is smaller than a normal float.
constexpr Agreement kFloats{.floats = true};
constexpr Agreement kExp2{.floats = true, .relative = 0x1p-22 + 0x1p-24};

constexpr Primitive kPrimitives[] = {
    {"pack_bf16", Code::sm_80, Operands::wide_floats, 64, 32, {}, run<pack_pair, 32>},
    {"from_float", Code::sm_80, Operands::exponents, 32, 32, kFloats, run<round_to_bf16, 32>},
    {"to_tf32", Code::sm_80, Operands::wide_floats, 32, 32, {}, run<round_to_tf32, 32>},
    {"exp2_approx", Code::sm_80, Operands::exponents, 128, 128, kExp2, run<power_of_two, 32>},
    {"count_bits", Code::sm_80, Operands::bits, 32, 128, {}, run<count_bits, 32>},
};

}  // namespace

std::span<const Primitive> arithmetic_primitives() { return kPrimitives; }

}  // namespace medley::golden
