// Fibers by hand-written assembly on x86-64 and by ucontext elsewhere (there, each switch also
// makes a system call for the signal mask and costs several times as much).
#include "kernels/cuda/emulator/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/emulator/sanitizer.h"

#if defined(MEDLEY_EMULATOR_ASAN)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(MEDLEY_EMULATOR_TSAN)
extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned);
void __tsan_destroy_fiber(void*);
void __tsan_switch_to_fiber(void*, unsigned);
}
#endif

#if !defined(__x86_64__)
#define MEDLEY_EMULATOR_UCONTEXT 1
#endif
#if defined(MEDLEY_EMULATOR_UCONTEXT)
#include <ucontext.h>
#else
// Saves what the System V ABI says a call keeps, and continues on the other stack.
extern "C" void medley_emulator_switch(void** save_stack_pointer, void* stack_pointer);
asm(R"(
.text
.type medley_emulator_switch, @function
medley_emulator_switch:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
.size medley_emulator_switch, .-medley_emulator_switch
)");
#endif

namespace medley::kernels::cuda::emulator {

struct Fiber::Context {
#if defined(MEDLEY_EMULATOR_UCONTEXT)
  ucontext_t registers{};
#else
  void* stack_pointer = nullptr;
#endif
  char* mapping = nullptr;  // the stack, above one page that no one may touch
  size_t mapping_bytes = 0;
  void (*entry)() = nullptr;
#if defined(MEDLEY_EMULATOR_ASAN)
  const void* stack = nullptr;
  size_t stack_bytes = 0;
  void* fake_stack = nullptr;
#endif
#if defined(MEDLEY_EMULATOR_TSAN)
  void* tsan = nullptr;
#endif

  void arrive();
  static void start();
};

namespace {

// The fibers of the last switch on this operating system thread.
constinit thread_local void* left = nullptr;
constinit thread_local void* entered = nullptr;

}  // namespace

// The first thing on the stack that was switched to. AddressSanitizer tells here where the stack
// lies that was left: the only way to learn it for the operating system thread's own.
void Fiber::Context::arrive() {
#if defined(MEDLEY_EMULATOR_ASAN)
  Context& from = *static_cast<Context*>(left);
  __sanitizer_finish_switch_fiber(fake_stack, &from.stack, &from.stack_bytes);
#endif
}

MEDLEY_UNOBSERVED void Fiber::Context::start() {
  Context& self = *static_cast<Context*>(entered);
  self.arrive();
  self.entry();
}

Fiber::Fiber() : context_(new Context) {
#if defined(MEDLEY_EMULATOR_TSAN)
  context_->tsan = __tsan_get_current_fiber();
#endif
}

Fiber::Fiber(size_t stack_bytes, void (*entry)()) : context_(new Context) {
  Context& self = *context_;
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  self.mapping_bytes = (stack_bytes + page - 1) / page * page + page;
  void* const memory = mmap(nullptr, self.mapping_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw MemoryError(str("no ", self.mapping_bytes,
                          " bytes for the stack of an emulated thread: ", std::strerror(errno)));
  self.mapping = static_cast<char*>(memory);
  mprotect(self.mapping, page, PROT_NONE);
  char* const stack = self.mapping + page;
  const size_t usable = self.mapping_bytes - page;
  self.entry = entry;
#if defined(MEDLEY_EMULATOR_ASAN)
  self.stack = stack;
  self.stack_bytes = usable;
#endif
#if defined(MEDLEY_EMULATOR_TSAN)
  self.tsan = __tsan_create_fiber(0);
#endif
#if defined(MEDLEY_EMULATOR_UCONTEXT)
  getcontext(&self.registers);
  self.registers.uc_stack.ss_sp = stack;
  self.registers.uc_stack.ss_size = usable;
  self.registers.uc_link = nullptr;
  makecontext(&self.registers, Context::start, 0);
#else
  // As if `start` had been called from address 0 (where backtraces end) and had left at its first
  // instruction: six registers, then where to return to.
  auto** top = reinterpret_cast<void**>(stack + usable);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(Context::start);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  self.stack_pointer = top;
#endif
}

Fiber::~Fiber() {
  if (context_->mapping != nullptr) {
#if defined(MEDLEY_EMULATOR_TSAN)
    __tsan_destroy_fiber(context_->tsan);
#endif
    munmap(context_->mapping, context_->mapping_bytes);
  }
  delete context_;
}

MEDLEY_UNOBSERVED void Fiber::switch_to(Fiber& other) {
  Context& from = *context_;
  Context& to = *other.context_;
  left = &from;
  entered = &to;
#if defined(MEDLEY_EMULATOR_ASAN)
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#endif
#if defined(MEDLEY_EMULATOR_TSAN)
  constexpr unsigned kNoSync = 1;  // the switch orders nothing
  __tsan_switch_to_fiber(to.tsan, kNoSync);
#endif
#if defined(MEDLEY_EMULATOR_UCONTEXT)
  swapcontext(&from.registers, &to.registers);
#else
  medley_emulator_switch(&from.stack_pointer, to.stack_pointer);
#endif
  from.arrive();
}

}  // namespace medley::kernels::cuda::emulator
