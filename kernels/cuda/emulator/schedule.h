// Which CUDA thread of a block runs next: the first one in an order of warps and lanes that can
// run. So one warp runs ahead of the others as far as barriers allow. The order is that of the
// thread indices for seed 0; for other seeds it is random, and new after each barrier of the block.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace medley::kernels::cuda::emulator {

inline constexpr int kWarpSize = 32;

// splitmix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed = 0) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t n) { return next() % n; }
  bool coin() { return (next() & 1) != 0; }

 private:
  uint64_t state_;
};

class Schedule {
 public:
  // All threads can run. `in_order` or an order drawn from `random`, which must outlive this.
  void start(int threads, bool in_order, Random& random);
  void set_ready(int thread);
  void set_waiting(int thread);
  bool is_ready(int thread) const;
  int next() const;  // -1: none can run
  void reorder();    // a new random order, unless in order

 private:
  bool in_order_ = true;
  Random* random_ = nullptr;
  std::vector<uint32_t> ready_;                        // [warps], a bit a lane
  std::vector<int> warps_;                             // the order of warps
  std::vector<std::array<uint8_t, kWarpSize>> lanes_;  // [warps], the order of each one's lanes
};

}  // namespace medley::kernels::cuda::emulator
