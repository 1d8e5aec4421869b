// The thread pool. Part p of a loop always runs on worker p (part 0 on the caller). Each worker has
// a ticket of its own: the caller raises the tickets of the workers that take part and no others,
// so a loop over few parts wakes few threads. Waiting is a short spin (loops follow each other
// within microseconds in a training step), then a futex.
#include "core/threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/env.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"

namespace medley {
namespace {

constexpr int kMaxThreads = 256;
constexpr std::chrono::microseconds kSpin{200};

// True while this thread runs a part: loops inside it are serial.
thread_local bool inside_loop = false;

inline void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Returns the first value of `word` that is not `old`.
uint32_t wait_for_change(const std::atomic<uint32_t>& word, uint32_t old) {
  const auto deadline = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      const uint32_t value = word.load(std::memory_order_acquire);
      if (value != old) return value;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  word.wait(old, std::memory_order_acquire);
  return word.load(std::memory_order_acquire);
}

int threads_by_default() {
  const std::string text = env("MEDLEY_THREADS");
  if (!text.empty()) {
    int n = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || stop != text.data() + text.size() || n < 1 || n > kMaxThreads) {
      throw ValueError(str("MEDLEY_THREADS is '", text, "'"),
                       str("use a whole number from 1 to ", kMaxThreads));
    }
    return n;
  }
  int n = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
  // A container may be given less time than the machine has cores (cgroup v2: "quota period" in
  // microseconds, or "max"), and threads beyond that share only wait for each other.
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) {
    n = std::min(n, std::max(1, static_cast<int>(quota / period + 0.5)));
  }
  return n;
}

struct alignas(64) Worker {
  std::atomic<uint32_t> ticket{0};
  std::thread thread;
};

class Pool {
 public:
  explicit Pool(int threads) { start(threads); }
  ~Pool() { stop(); }

  int threads() const { return threads_.load(std::memory_order_relaxed); }

  void resize(int threads) {
    const std::lock_guard lock(mutex_);
    stop();
    start(threads);
  }

  // False when another thread's loop has the pool: the caller then runs its loop alone.
  bool try_run(int64_t count, int64_t parts, RangeFunction body) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || threads() < parts) return false;
    body_ = &body;
    count_ = count;
    parts_ = parts;
    scope_ = Scope::current();
    remaining_.store(static_cast<uint32_t>(parts - 1), std::memory_order_relaxed);
    for (int64_t p = 1; p < parts; ++p) {
      std::atomic<uint32_t>& ticket = workers_[static_cast<size_t>(p - 1)]->ticket;
      ticket.fetch_add(1, std::memory_order_release);
      ticket.notify_one();
    }
    run_part(0);
    for (uint32_t left = remaining_.load(std::memory_order_acquire); left != 0;) {
      left = wait_for_change(remaining_, left);
    }
    rethrow_first();
    return true;
  }

 private:
  void start(int threads) {
    stopping_ = false;
    for (int i = 1; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker>());
      Worker& worker = *workers_.back();
      worker.thread = std::thread([this, &worker, i] { work(worker, i); });
    }
    threads_.store(threads, std::memory_order_relaxed);
  }

  void stop() {
    stopping_ = true;
    for (const auto& worker : workers_) {
      worker->ticket.fetch_add(1, std::memory_order_release);
      worker->ticket.notify_one();
    }
    for (const auto& worker : workers_) worker->thread.join();
    workers_.clear();
  }

  void work(Worker& worker, int part) {
    uint32_t seen = 0;
    while (true) {
      seen = wait_for_change(worker.ticket, seen);
      if (stopping_) return;
      Scope::set_current(scope_);
      run_part(part);
      Scope::set_current(nullptr);
      // The caller may return as soon as the count is 0, so the last thing that a worker touches is
      // the pool's.
      if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1) remaining_.notify_one();
    }
  }

  void run_part(int64_t part) {
    inside_loop = true;
    try {
      (*body_)(count_ * part / parts_, count_ * (part + 1) / parts_);
    } catch (...) {
      errors_[static_cast<size_t>(part)] = std::current_exception();
    }
    inside_loop = false;
  }

  void rethrow_first() {
    std::exception_ptr first;
    for (int64_t p = 0; p < parts_; ++p) {
      std::exception_ptr error = std::exchange(errors_[static_cast<size_t>(p)], nullptr);
      if (first == nullptr) first = std::move(error);
    }
    if (first != nullptr) std::rethrow_exception(first);
  }

  std::mutex mutex_;  // one loop at a time
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<int> threads_{1};
  // Written by the caller before the tickets are raised, read by workers after they saw their
  // ticket.
  const RangeFunction* body_ = nullptr;
  int64_t count_ = 0;
  int64_t parts_ = 0;
  const Scope* scope_ = nullptr;
  bool stopping_ = false;
  std::array<std::exception_ptr, kMaxThreads> errors_;
  alignas(64) std::atomic<uint32_t> remaining_{0};
};

Pool& pool() {
  static Pool instance(threads_by_default());
  return instance;
}

}  // namespace

int thread_count() { return pool().threads(); }

void set_thread_count(int n) {
  if (n < 1 || n > kMaxThreads) {
    throw ValueError(str("[threads] ", n, " is not a number of threads"),
                     str("use 1 to ", kMaxThreads));
  }
  if (inside_loop) throw ValueError("[threads] the number of threads cannot change inside a loop");
  pool().resize(n);
}

void parallel_for(int64_t count, int64_t grain, RangeFunction body) {
  if (count <= 0) return;
  if (!inside_loop) {
    const int64_t most = count / std::max<int64_t>(grain, 1);
    const int64_t parts = std::min<int64_t>(most, pool().threads());
    if (parts > 1 && pool().try_run(count, parts, body)) return;
  }
  body(0, count);
}

}  // namespace medley
