// The tape that records on this thread. Core knows nothing of tapes but whether one records: as
// long as it does, a Tensor that wants a gradient refuses what the tape would not see. Recording
// and NoGrad (autograd/tape.h) set it.
#pragma once

namespace medley::autograd {

class Tape;
inline constinit thread_local Tape* current_tape = nullptr;  // null: nothing is recorded

}  // namespace medley::autograd
