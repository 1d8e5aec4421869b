// The tape that records on this thread. Core asks only whether there is one: while a tape records,
// a Tensor that wants a gradient refuses operations that the tape cannot see. Recording and NoGrad
// (autograd/tape.h) set the pointer.
#pragma once

namespace medley::autograd {

class Tape;
inline constinit thread_local Tape* current_tape = nullptr;  // null: nothing is recorded

}  // namespace medley::autograd
