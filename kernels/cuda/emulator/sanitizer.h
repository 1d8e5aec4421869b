// What ThreadSanitizer and AddressSanitizer are told about fibers; nothing in other builds.
//
// ThreadSanitizer sees each CUDA thread as a thread of its own. Switching between them orders
// nothing; only `release` and `acquire`, called where CUDA orders memory, do. So a missing barrier
// is a data race in its eyes although one operating system thread runs the whole block.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEDLEY_EMULATOR_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define MEDLEY_EMULATOR_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MEDLEY_EMULATOR_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define MEDLEY_EMULATOR_TSAN 1
#endif

#if defined(MEDLEY_EMULATOR_TSAN)
extern "C" {
void __tsan_acquire(void*);
void __tsan_release(void*);
void __tsan_read_range(void*, unsigned long);
void __tsan_write_range(void*, unsigned long);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
}
#endif

// A function whose own accesses are no part of the race check.
#define MEDLEY_UNOBSERVED __attribute__((no_sanitize("thread")))

namespace medley::kernels::cuda::emulator {

#if defined(MEDLEY_EMULATOR_TSAN)

inline constexpr bool kObserves = true;
inline void acquire(void* object) { __tsan_acquire(object); }
inline void release(void* object) { __tsan_release(object); }
// The running thread reads or writes this memory, although the model that does it is unobserved.
inline void observe_read(const void* memory, size_t bytes) {
  __tsan_read_range(const_cast<void*>(memory), bytes);
}
inline void observe_write(void* memory, size_t bytes) { __tsan_write_range(memory, bytes); }

// Memory accesses of the emulator itself are no part of the race check.
class Unobserved {
 public:
  Unobserved() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unobserved() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;
};

#else

inline constexpr bool kObserves = false;
inline void acquire(void*) {}
inline void release(void*) {}
inline void observe_read(const void*, size_t) {}
inline void observe_write(void*, size_t) {}

class Unobserved {
 public:
  Unobserved() {}
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;
};

#endif

// What threads that meet tell a race detector. Two places take turns: a thread that wakes late must
// not learn what the others did after the meeting, before the next one.
class Meeting {
 public:
  // The calling thread arrives; when it goes on, it acquires what is returned.
  void* arrive() {
    release(&places_[turn_]);
    return place(turn_);
  }
  void* place(unsigned turn) { return &places_[turn]; }
  void complete() { turn_ ^= 1; }

 private:
  char places_[2] = {};
  unsigned turn_ = 0;
};

}  // namespace medley::kernels::cuda::emulator
