// What the threads of a warp or a block tell each other: shuffles, votes, reductions.
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/device/shuffle.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

// T is in [32], out [8][32]; the lanes read the lanes that in[] names.
template <class T>
MEDLEY_DEVICE void shuffle_all(const uint32_t* in, uint32_t* out) {
  const T value = reinterpret_cast<const T*>(in)[thread()];
  const unsigned distance = in[0] % 32;
  const int lane = static_cast<int>(in[thread()] % 32);
  const T results[] = {shuffle(value, lane),
                       __shfl_sync(kFullWarp, value, lane, 8),
                       __shfl_up_sync(kFullWarp, value, distance),
                       __shfl_up_sync(kFullWarp, value, distance, 16),
                       __shfl_down_sync(kFullWarp, value, distance),
                       __shfl_down_sync(kFullWarp, value, distance, 8),
                       shuffle_xor(value, static_cast<int>(distance)),
                       __shfl_xor_sync(kFullWarp, value, static_cast<int>(distance), 4)};
  MEDLEY_UNROLL
  for (int i = 0; i < 8; ++i) reinterpret_cast<T*>(out)[i * 32 + thread()] = results[i];
}

// Of random lanes, of one lane, of none and of all.
MEDLEY_DEVICE void vote(const uint32_t* in, uint32_t* out) {
  const int chosen = static_cast<int>(in[0] % 32);
  const int votes[] = {static_cast<int>(in[thread()] & 1), thread() == chosen, thread() < 0,
                       thread() != chosen, thread() >= 0};
  MEDLEY_UNROLL
  for (int i = 0; i < 5; ++i) {
    out[i * 96 + thread()] = __ballot_sync(kFullWarp, votes[i]);
    out[i * 96 + thread() + 32] = static_cast<uint32_t>(__any_sync(kFullWarp, votes[i]) != 0);
    out[i * 96 + thread() + 64] = static_cast<uint32_t>(__all_sync(kFullWarp, votes[i]) != 0);
  }
}

MEDLEY_DEVICE void block_vote(const uint32_t* in, uint32_t* out) {
  const int chosen = static_cast<int>(in[0] % 128);
  const int votes[] = {static_cast<int>(in[thread()] & 1), thread() == chosen, thread() < 0,
                       thread() != chosen, thread() >= 0};
  MEDLEY_UNROLL
  for (int i = 0; i < 5; ++i) {
    out[i * 384 + thread()] = static_cast<uint32_t>(__syncthreads_count(votes[i]));
    out[i * 384 + thread() + 128] = static_cast<uint32_t>(__syncthreads_or(votes[i]) != 0);
    out[i * 384 + thread() + 256] = static_cast<uint32_t>(__syncthreads_and(votes[i]) != 0);
  }
}

template <class T>
MEDLEY_DEVICE void reduce(T value, T* shared, T* out) {  // out [4][128]
  out[thread()] = block_sum(value, shared);
  out[thread() + 128] = block_max(value, shared);
  out[thread() + 256] = warp_sum(value);
  out[thread() + 384] = warp_max(value);
}

// The order is part of the primitive, so sums of floats agree bit for bit.
MEDLEY_DEVICE void reduce_32(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  reduce(float_at(in, thread()), reinterpret_cast<float*>(memory), reinterpret_cast<float*>(out));
  reduce(static_cast<int>(in[thread()]) >> 7, reinterpret_cast<int*>(memory),
         reinterpret_cast<int*>(out) + 512);
}

MEDLEY_DEVICE void reduce_64(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  const double third = static_cast<double>(float_at(in, thread())) / 3;
  reduce(third, reinterpret_cast<double*>(memory), reinterpret_cast<double*>(out));
  reduce(int64_t{static_cast<int>(in[thread()])} * 3000001, reinterpret_cast<int64_t*>(memory),
         reinterpret_cast<int64_t*>(out) + 512);
}

constexpr Primitive kPrimitives[] = {
    {"shuffle", Code::sm_80, Operands::bits, 32, 256, {}, run<shuffle_all<uint32_t>, 32>},
    {"shuffle_float", Code::sm_80, Operands::floats, 32, 256, {}, run<shuffle_all<float>, 32>},
    {"shuffle_int64", Code::sm_80, Operands::bits, 64, 512, {}, run<shuffle_all<int64_t>, 32>},
    {"shuffle_double", Code::sm_80, Operands::floats, 64, 512, {}, run<shuffle_all<double>, 32>},
    {"vote", Code::sm_80, Operands::bits, 32, 480, {}, run<vote, 32>},
    {"block_vote", Code::sm_80, Operands::bits, 128, 1920, {}, run<block_vote, 128>},
    {"reduce_32", Code::sm_80, Operands::floats, 128, 1024, {}, run<reduce_32, 128, 16>},
    {"reduce_64", Code::sm_80, Operands::floats, 128, 2048, {}, run<reduce_64, 128, 32>},
};

}  // namespace

std::span<const Primitive> warp_primitives() { return kPrimitives; }

}  // namespace medley::golden
