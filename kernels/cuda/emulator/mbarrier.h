// mbarrier objects of sm_90 in shared memory (PTX ISA, "Parallel Synchronization and Communication
// Instructions: mbarrier"). A phase is over when the expected number of arrivals and all announced
// bytes of asynchronous copies have come; the next begins at once.
#pragma once

#include <cstdint>
#include <map>

#include "kernels/cuda/emulator/line.h"
#include "kernels/cuda/emulator/sanitizer.h"

namespace medley::kernels::cuda::emulator {

struct Mbarrier {
  unsigned arrivals = 0;  // of a phase
  unsigned pending = 0;   // arrivals that are still to come in this one
  int64_t bytes = 0;      // announced, not yet there
  unsigned phase = 0;     // its parity is what waits name
  Meeting meeting{};
};
using Mbarriers = std::map<unsigned, Mbarrier>;  // of a block, by address in shared memory

void mbarrier_init(void* barrier, unsigned arrivals, Line line);
void mbarrier_arrive(void* barrier, Line line);
// Announces `bytes` that copies will bring in this phase, and arrives.
void mbarrier_arrive_expect(void* barrier, unsigned bytes, Line line);
// Until the phase with this parity is over. The phase before the first counts as over: parity 1.
void mbarrier_wait(void* barrier, unsigned parity, Line line);
// For copies: what the thread that issues one did before happens before the end of the phase.
void mbarrier_join(const char* operation, const void* barrier, Line line);
// The copy has brought its bytes.
void mbarrier_complete(unsigned address, unsigned bytes, Line line);

}  // namespace medley::kernels::cuda::emulator
