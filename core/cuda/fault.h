// Bad values that only a kernel can see: indices and offsets in device memory. A trap would lose
// the process's context and with it the run, so a kernel records the first fault of its slot,
// treats the row as empty, and the host throws at the next point where it waits anyway.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::cuda {

enum class FaultKind : int32_t { none, index_out_of_range, offsets_decrease, offsets_end };

struct Fault {
  FaultKind kind = FaultKind::none;
  int64_t position = 0;  // of the value in its array
  int64_t value = 0;
  // index_out_of_range: the first index that is too large; offsets_decrease: the offset before;
  // offsets_end: where they must end.
  int64_t limit = 0;
};

// Device memory of the calling thread's device, one slot for each pair of names; literals. Zero at
// the start.
Fault* fault_slot(const char* op, const char* array = "index");
// Throws ValueError for the first slot with a fault and clears all of them:
//   [attention_forward] kv_index holds 9 at position 3, but must be from 0 to 7
// The work that is queued must be done: synchronize(), copy_to_host() and Tensor::item() call this.
void check_faults();

// Called once for each device, before anything is queued on it.
void make_fault_table(Device device, Stream stream);

}  // namespace medley::cuda
