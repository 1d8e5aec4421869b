// What a launch did, counted by the models. No times: numbers that say whether a kernel does what
// its author thinks, such as ldmatrix without bank conflicts.
#pragma once

#include <cstdint>
#include <string>

namespace medley::kernels::cuda::emulator {

struct Counters {
  int64_t launches = 0;
  int64_t blocks = 0;
  int64_t switches = 0;             // between fibers: the emulator's own cost
  int64_t barriers = 0;             // of the block and named ones, each counted once when all met
  int64_t warp_operations = 0;      // shuffles, votes, ldmatrix, mma ...
  int64_t mma = 0;                  // mma.sync, one a warp
  int64_t ldmatrix = 0;             // 8x8 matrices
  int64_t ldmatrix_conflicts = 0;   // extra passes over the banks
  int64_t cp_async = 0;             // one a thread
  int64_t cp_async_bytes = 0;       // read from global memory
  int64_t global_bytes_loaded = 0;  // by cp_async and kernels/cuda/device/vector.h
  int64_t global_bytes_stored = 0;
  // Of the same accesses, with Options::count_accesses:
  int64_t global_sectors = 0;        // of 32 bytes, that warps touch
  int64_t global_sectors_least = 0;  // that would hold the same bytes side by side
  int64_t shared_accesses = 0;       // of a warp
  int64_t shared_conflicts = 0;      // extra passes over the banks
  int64_t tma = 0;                   // boxes
  int64_t tma_bytes = 0;             // of boxes, zeros outside the matrix included
  int64_t wgmma = 0;                 // one a warpgroup

  void operator+=(const Counters& other);
};

Counters last_launch_counters();
void add_launch_counters(const char* kernel, const Counters& counters);
void reset_counters();
std::string counters_table();  // for each kernel, sums over its launches since the last reset

}  // namespace medley::kernels::cuda::emulator
