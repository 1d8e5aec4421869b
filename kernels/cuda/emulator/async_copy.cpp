#include "kernels/cuda/emulator/async_copy.h"

#include <cstring>
#include <utility>

#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

void land(const AsyncCopy& copy) {
  if (copy.valid) std::memcpy(copy.shared, copy.global, copy.bytes);
  if (!copy.valid) std::memset(copy.shared, 0, copy.bytes);
}

}  // namespace

void cp_async(void* shared, const void* global, size_t bytes, bool valid, Line line) {
  check_shared("cp.async", shared, bytes, bytes, line);
  if (valid) check_aligned("cp.async", global, bytes, line);
  // To a race detector the destination is being written from the issue on.
  observe_write(shared, bytes);
  if (valid) observe_read(global, bytes);
  Unobserved scope;
  Block& block = *running_block;
  ++block.counters.cp_async;
  if (valid) block.counters.cp_async_bytes += static_cast<int64_t>(bytes);
  count_access(Access::store, shared, bytes, line);
  if (valid) count_access(Access::load, global, bytes, line);
  AsyncCopy copy{shared, global, bytes, valid, line};
  // At once, or as late as it may: each finds other mistakes.
  if (!block.in_order() && block.random.coin()) {
    land(copy);
    copy.landed = true;
  }
  running_thread->copies.open.push_back(copy);
}

void cp_async_commit() {
  Unobserved scope;
  AsyncCopies& copies = running_thread->copies;
  copies.groups.push_back(std::move(copies.open));
  copies.open.clear();
}

void cp_async_wait(size_t groups_left) {
  Unobserved scope;
  auto& groups = running_thread->copies.groups;
  for (; groups.size() > groups_left; groups.pop_front())
    for (const AsyncCopy& copy : groups.front())
      if (!copy.landed) land(copy);
}

void finish_async_copies() {
  Unobserved scope;
  const std::vector<AsyncCopy>& open = running_thread->copies.open;
  if (!open.empty())
    fail(open.front().line, "cp.async: the thread exits without having committed this copy");
  cp_async_wait(0);
}

}  // namespace medley::kernels::cuda::emulator
