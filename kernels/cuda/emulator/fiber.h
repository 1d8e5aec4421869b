// A fiber: a stack and the registers to go on with. Each CUDA thread runs on one; all fibers of a
// block belong to one operating system thread, and control moves only where one is left for
// another.
#pragma once

#include <cstddef>

namespace medley::kernels::cuda::emulator {

class Fiber {
 public:
  Fiber();                                     // the calling operating system thread's own stack
  Fiber(size_t stack_bytes, void (*entry)());  // entry never returns
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Leaves this fiber, which must be the running one, for another. Returns when something switches
  // back.
  void switch_to(Fiber& other);

 private:
  struct Context;
  Context* const context_;  // owned; a plain pointer, whose reads no race detector sees
};

}  // namespace medley::kernels::cuda::emulator
