// How the lanes of a warp touch memory together: 32-byte sectors of global memory, banks of shared
// memory. A lint: lanes run one after the other here, so the n-th access that a source line makes
// in each lane since their last meeting is taken as one access of the warp. Only accesses through
// kernels/cuda/device/vector.h and cp_async.h are seen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cuda/emulator/counters.h"
#include "kernels/cuda/emulator/line.h"
#include "kernels/cuda/emulator/schedule.h"

namespace medley::kernels::cuda::emulator {

enum class Access : uint8_t { load, store };

// One access of a warp, complete or not.
struct WarpAccess {
  unsigned lanes = 0;
  std::array<uintptr_t, kWarpSize> address{};
};

// What one source line does.
struct AccessSite {
  Line line;
  Access kind = Access::load;
  bool shared = false;
  size_t bytes = 0;  // a lane
  std::vector<WarpAccess> accesses;
  std::array<size_t, kWarpSize> next{};  // by lane: which of `accesses` it makes next
};

// Of one warp.
class WarpAccesses {
 public:
  void add(int lane, const AccessSite& site, uintptr_t address);
  void settle(Counters& counters);  // the lanes met: counts what they did before

 private:
  std::vector<AccessSite> sites_;
};

// The running thread touches [address, address + bytes).
void count_access(Access kind, const void* address, size_t bytes, Line line);

// The rules, for tests: sectors touched and the least that would do; extra passes over the banks.
struct Sectors {
  int64_t touched = 0, least = 0;
};
Sectors count_sectors(const WarpAccess& access, size_t bytes);
int64_t count_bank_conflicts(const WarpAccess& access, size_t bytes);

}  // namespace medley::kernels::cuda::emulator
