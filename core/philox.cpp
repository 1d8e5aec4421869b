// The distributions on top of Philox4x32-10.
#include "core/philox.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace medley {

Random::Random(uint64_t seed, Purpose purpose, uint64_t step, uint32_t sample)
    : key_(stream_key(seed)), counter_(stream_counter(purpose, step, sample)) {}

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
