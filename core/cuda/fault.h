// Faults that kernels find in values that live on the device (indices, offsets), where the host
// cannot look without a stop. A kernel records the first one of its op and goes on without touching
// what the value points to; the host looks at the next synchronisation.
#pragma once

#include <cstdint>

namespace medley::cuda {

enum class FaultKind : int32_t { none, index_out_of_range, offsets_decrease, offsets_end };

struct Fault {
  FaultKind kind = FaultKind::none;
  int64_t position = 0;  // of the value in its array
  int64_t value = 0;
  int64_t limit = 0;  // what the value had to be below, or had to be
};

Fault* fault_slot(const char* op);  // on the device, one for each op, none at the start
void check_faults();                // throws ValueError for the first fault found, and clears all

}  // namespace medley::cuda
