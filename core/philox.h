// Philox4x32-10 (Salmon et al., SC 2011): a counter-based generator. A draw is a pure function of
// (seed, purpose, step, sample, position), so nothing depends on threads, batch split or restart.
#pragma once

#include <array>
#include <cstdint>

namespace medley {

// One block: four words from a 128-bit counter and a 64-bit key. Constants: Salmon et al., table 2
// and section 4.3. constexpr, so that CUDA kernels run the same function.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                             std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = kMultiplier0 * counter[0];
    const uint64_t b = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

// What random numbers are for. Values are part of the reproducibility contract: append, never
// renumber.
enum class Purpose : uint32_t {
  init = 1,
  shuffle,
  augment,
  scene,
  dropout,
  negatives,
  queue,
  test,
  noise,
  sampling
};

// The counter of a stream's first block: block number, sample, low half of the step, and purpose
// (8 bits) under the step's high bits. Streams of different arguments never overlap while a stream
// stays below 2^34 numbers and a step below 2^56.
constexpr std::array<uint32_t, 4> stream_counter(Purpose purpose, uint64_t step, uint32_t sample) {
  return {0, sample, static_cast<uint32_t>(step),
          static_cast<uint32_t>(step >> 32) << 8 | static_cast<uint32_t>(purpose)};
}
constexpr std::array<uint32_t, 2> stream_key(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

// A stream of numbers for one (seed, purpose, step, sample).
class Random {
 public:
  Random(uint64_t seed, Purpose purpose, uint64_t step = 0, uint32_t sample = 0);

  uint32_t next();
  double uniform();                         // [0, 1), 32 random bits
  double uniform(double low, double high);  // [low, high)
  double normal();                          // mean 0, variance 1 (Box-Muller, both values used)
  uint32_t below(uint32_t n);               // 0..n-1, unbiased; n > 0

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace medley
