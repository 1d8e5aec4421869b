// Philox4x32-10 and the distributions on top of it. Constants: Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011, table 2 and section 4.3.
#include "core/philox.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace medley {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
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

// Counter words: block number, sample, low half of the step, and purpose (8 bits) under the step's
// high bits. Streams of different arguments never overlap while a stream stays below 2^34 numbers
// and a step below 2^56.
Random::Random(uint64_t seed, Purpose purpose, uint64_t step, uint32_t sample)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter_{0, sample, static_cast<uint32_t>(step),
               static_cast<uint32_t>(step >> 32) << 8 | static_cast<uint32_t>(purpose)} {}

uint32_t Random::next() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<size_t>(used_++)];
}

double Random::uniform() { return next() * 0x1p-32; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u is never 0
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

// Lemire, "Fast random integer generation in an interval", 2019: a multiplication, and a rejection
// that makes it exact.
uint32_t Random::below(uint32_t n) {
  if (n == 0) throw ValueError("[random] below(0): there is no number below 0");
  const uint32_t threshold = (0u - n) % n;
  while (true) {
    const uint64_t product = static_cast<uint64_t>(next()) * n;
    if (static_cast<uint32_t>(product) >= threshold) return static_cast<uint32_t>(product >> 32);
  }
}

}  // namespace medley
