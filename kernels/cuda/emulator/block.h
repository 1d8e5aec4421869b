// One thread block as it runs: its threads, each on a fiber, its barriers and its shared memory.
// Primitives reach it through `running_block` and `running_thread`.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "kernels/cuda/emulator/access.h"
#include "kernels/cuda/emulator/async_copy.h"
#include "kernels/cuda/emulator/counters.h"
#include "kernels/cuda/emulator/fiber.h"
#include "kernels/cuda/emulator/line.h"
#include "kernels/cuda/emulator/mbarrier.h"
#include "kernels/cuda/emulator/sanitizer.h"
#include "kernels/cuda/emulator/schedule.h"
#include "kernels/cuda/emulator/shared.h"
#include "kernels/cuda/emulator/vector_types.h"
#include "kernels/cuda/emulator/wgmma.h"

namespace medley::kernels::cuda::emulator {

struct Thread {
  int number = 0;  // in the block; number / 32 is the warp
  uint3 index{};
  bool done = false;
  Fiber* fiber = nullptr;
  // The operation that it is at, or was at last: for reports, and for lanes to agree about.
  const char* operation = "the start of the kernel";
  Line line;
  unsigned mask = 0;             // of a warp operation
  void* slot = nullptr;          // operands and results of a warp operation
  int barrier = 0;               // the one that it waits at
  Mbarrier* mbarrier = nullptr;  // the one that it waits at
  AsyncCopies copies;

  int warp() const { return number / kWarpSize; }
  int lane() const { return number % kWarpSize; }
};

struct Barrier {
  int arrived = 0, expected = 0;
  int votes = 0;   // how many arrived with a true predicate
  int result = 0;  // votes of the round that is over
  Meeting meeting{};
};

// What all blocks of a launch have in common.
struct Grid {
  const char* kernel = "";
  dim3 grid, block;
  size_t shared_bytes = 0;
  uint64_t seed = 0;
  bool counts_accesses = false;
  const std::function<void()>* body = nullptr;  // the kernel with its arguments
};

class Block {
 public:
  explicit Block(const Grid& grid);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // Runs block `index` from start to end. Throws KernelError for the first bug found.
  void run(int64_t index);

  bool in_order() const { return grid.seed == 0; }
  // The running thread waits until set_ready is called for it.
  void wait();
  bool is_ready(const Thread& thread) const { return schedule_.is_ready(thread.number); }
  void set_ready(Thread& thread) { schedule_.set_ready(thread.number); }
  // A new order of threads: who goes on is drawn anew, the running thread among them.
  void reorder();
  // An asynchronous copy: runs some time later, at the latest when no thread can go on without it.
  void start_transfer(std::function<void()> transfer) { transfers_.push_back(std::move(transfer)); }

  const Grid grid;
  uint3 index{};
  std::vector<Thread> threads;
  std::vector<unsigned> arrived;  // [warps]: lanes that wait at a warp operation
  std::map<std::pair<int, unsigned>, Meeting> warp_meetings;  // by warp and mask
  std::array<Barrier, 16> barriers;
  Mbarriers mbarriers;
  std::vector<Warpgroup> warpgroups;
  std::vector<WarpAccesses> accesses;  // [warps]
  SharedMemory shared;
  Random random;
  Counters counters;

 private:
  MEDLEY_UNOBSERVED static void thread_main();
  bool is_cancelled() const {
    Unobserved scope;
    return failure_ != nullptr;
  }
  void start(int64_t index);
  void check_finished() const;
  void run_thread(Thread& thread);
  void run_transfer();
  Thread* next();                // null: none can run
  Thread* exit(Thread& thread);  // who goes on; null: all have left the kernel
  MEDLEY_UNOBSERVED void switch_to(Fiber& from, Thread& to);

  Schedule schedule_;
  Fiber scheduler_;
  std::vector<std::function<void()>> transfers_;
  std::exception_ptr failure_;
};

inline constinit thread_local Block* running_block = nullptr;
inline constinit thread_local Thread* running_thread = nullptr;

}  // namespace medley::kernels::cuda::emulator

// CUDA's built-in variables.
inline constinit thread_local uint3 threadIdx{};
inline constinit thread_local uint3 blockIdx{};
inline constinit thread_local dim3 blockDim{};
inline constinit thread_local dim3 gridDim{};
inline constexpr int warpSize = medley::kernels::cuda::emulator::kWarpSize;
