// A thread pool with a static partition: which thread computes what depends on the count alone.
// Kernels split over outputs, or reduce fixed-size chunks in order, so results are the same bits
// for any number of threads.
#pragma once

#include <cstdint>
#include <type_traits>

namespace medley {

// Number of threads that parallel_for uses, the caller included. Default: MEDLEY_THREADS, else the
// hardware's.
int thread_count();
// Throws ValueError unless 1 <= n <= 256. Not to be called while a parallel_for runs.
void set_thread_count(int n);

// Non-owning reference to a callable; valid for the duration of the call it is passed to.
class RangeFunction {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, RangeFunction>>>
  RangeFunction(const F& f)  // NOLINT: implicit, so that lambdas can be passed
      : object_(&f), call_([](const void* object, int64_t begin, int64_t end) {
          (*static_cast<const F*>(object))(begin, end);
        }) {}
  void operator()(int64_t begin, int64_t end) const { call_(object_, begin, end); }

 private:
  const void* object_;
  void (*call_)(const void*, int64_t, int64_t);
};

// Calls body(begin, end) on contiguous parts of [0, count), at most one a thread, each of at least
// `grain` items (fewer threads are used when count < threads * grain). Returns when all parts are
// done; rethrows the first exception by part order. A call from inside a body runs serially on that
// thread.
void parallel_for(int64_t count, int64_t grain, RangeFunction body);

}  // namespace medley
