#include "kernels/cuda/emulator/wgmma.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "core/str.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/report.h"
#include "kernels/cuda/emulator/tma.h"

namespace medley::kernels::cuda::emulator {
namespace {

constexpr int kThreads = 128, kRows = 64, kDepth = 16;

Warpgroup& warpgroup() {
  return running_block->warpgroups[static_cast<size_t>(running_thread->number / kThreads)];
}

// The 128 threads meet; the last one runs the model.
template <class Model>
void meet(const char* operation, Line line, Model model) {
  Block& block = *running_block;
  Thread& me = *running_thread;
  me.operation = operation;
  me.line = line;
  Warpgroup& group = warpgroup();
  const int first = me.number / kThreads * kThreads;
  if (first + kThreads > static_cast<int>(block.threads.size()))
    fail(line, str(operation, ": the block's last warpgroup is not complete: ",
                   block.threads.size(), " threads"));
  if (++group.arrived < kThreads) return block.wait();
  group.arrived = 0;
  for (int t = first; t < first + kThreads; ++t) {
    const Thread& other = block.threads[static_cast<size_t>(t)];
    if (std::strcmp(other.operation, operation) != 0 || !same(other.line, line))
      fail(line, str("threads of one warpgroup meet at different operations: ", operation, " (",
                     line, ") and ", other.operation, " (", other.line, ")"));
  }
  model(group);
  for (int t = first; t < first + kThreads; ++t)
    block.set_ready(block.threads[static_cast<size_t>(t)]);
}

// Byte of element (row, k) in shared memory. The descriptor (PTX ISA, "Matrix Descriptor Format")
// has the tile's start in bits 0-13 and the distance between groups of 8 rows in bits 32-45, both
// in units of 16 bytes, and the swizzle mode in bits 62-63.
unsigned element_address(uint64_t descriptor, int row, int k) {
  const auto start = static_cast<unsigned>(descriptor & 0x3fff) * 16;
  const auto group_bytes = static_cast<unsigned>(descriptor >> 32 & 0x3fff) * 16;
  const auto r = static_cast<unsigned>(row);
  return swizzle_128(start + r / 8 * group_bytes + r % 8 * 128 + static_cast<unsigned>(k) * 2);
}

void check_descriptor(const char* operand, uint64_t descriptor, int rows, Line line) {
  if (descriptor >> 62 != 1)
    fail(line,
         str("wgmma: the emulator knows tiles with 128-byte swizzle only (operand ", operand, ")"));
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < kDepth; k += 8)
      if (element_address(descriptor, row, k) + 16 > running_block->shared.size())
        fail(line, str("wgmma: row ", row, " of operand ", operand,
                       " lies outside this block's shared memory"));
}

float element(uint64_t descriptor, int row, int k) {
  uint16_t bits;
  std::memcpy(&bits, running_block->shared.data() + element_address(descriptor, row, k), 2);
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

void execute(Wgmma& operation) {
  if (operation.done) return;
  operation.done = true;
  std::vector<float> a(kRows * kDepth), b(static_cast<size_t>(operation.columns) * kDepth);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = element(operation.a, static_cast<int>(i) / kDepth, static_cast<int>(i) % kDepth);
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = element(operation.b, static_cast<int>(i) / kDepth, static_cast<int>(i) % kDepth);
  const int held = operation.columns / 2;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < held; ++i) {
      const int row = t / 32 * 16 + t % 32 / 4 + i / 2 % 2 * 8;
      const int column = i / 4 * 8 + t % 4 * 2 + i % 2;
      float& sum = (*operation.sum)[static_cast<size_t>(t * held + i)];
      if (!operation.accumulate) sum = 0;
      for (int k = 0; k < kDepth; ++k)
        sum +=
            a[static_cast<size_t>(row * kDepth + k)] * b[static_cast<size_t>(column * kDepth + k)];
    }
  }
}

// Gives accumulators that no operation under way adds to back to the threads.
void write_back(Warpgroup& group) {
  const auto in_flight = [&](const std::vector<float>& sum) {
    const auto adds = [&](const Wgmma& operation) { return operation.sum == &sum; };
    const auto any = [&](const auto& group_) {
      return std::any_of(group_.begin(), group_.end(), adds);
    };
    return any(group.open) || std::any_of(group.groups.begin(), group.groups.end(), any);
  };
  for (auto place = group.sums.begin(); place != group.sums.end();) {
    const auto& [key, sum] = *place;
    if (in_flight(sum)) {
      ++place;
      continue;
    }
    const size_t held = sum.size() / kThreads;
    const std::vector<float*>& destination = group.destination[key];
    for (size_t t = 0; t < kThreads; ++t)
      std::memcpy(destination[t], sum.data() + t * held, held * sizeof(float));
    group.destination.erase(key);
    place = group.sums.erase(place);
  }
}

// To a race detector each thread reads its share of the operands, at the issue and until the wait.
void observe_operands(const Wgmma& operation) {
  const int thread = running_thread->number % kThreads;
  const unsigned char* const memory = running_block->shared.data();
  const auto read = [&](uint64_t descriptor, int rows) {
    for (int row = thread; row < rows; row += kThreads)
      for (int k = 0; k < kDepth; k += 8)
        observe_read(memory + element_address(descriptor, row, k), 16);
  };
  read(operation.a, kRows);
  read(operation.b, operation.columns);
}

}  // namespace

void wgmma_fence(Line line) {
  Unobserved scope;
  meet("wgmma_fence", line, [](Warpgroup& group) { group.fenced = true; });
}

void wgmma(float* accumulators, int columns, uint64_t a, uint64_t b, bool accumulate, Line line) {
  {
    Unobserved scope;
    check_descriptor("a", a, kRows, line);
    check_descriptor("b", b, columns, line);
  }
  if constexpr (kObserves) observe_operands({.columns = columns, .a = a, .b = b});
  Unobserved scope;
  warpgroup().accumulators.resize(kThreads);
  warpgroup().accumulators[static_cast<size_t>(running_thread->number % kThreads)] = accumulators;
  meet("wgmma", line, [&](Warpgroup& group) {
    if (!group.fenced)
      fail(line, "wgmma: wgmma_fence must come between the accumulators' last use and this");
    const auto held = static_cast<size_t>(columns / 2);
    float* const key = group.accumulators[0];
    auto [place, is_new] = group.sums.try_emplace(key);
    if (is_new) {
      place->second.resize(kThreads * held);
      group.destination[key] = group.accumulators;
      for (size_t t = 0; t < kThreads; ++t)
        for (size_t i = 0; i < held; ++i)
          place->second[t * held + i] =
              std::exchange(group.accumulators[t][i], std::numeric_limits<float>::quiet_NaN());
    }
    group.open.push_back({columns, a, b, accumulate, &place->second, false});
    Block& block = *running_block;
    // Products run in order: this one now only if no other is still to run.
    bool may_run = !block.in_order() && block.random.coin();
    for (const auto& committed : group.groups)
      for (const Wgmma& before : committed) may_run = may_run && before.done;
    for (size_t i = 0; i + 1 < group.open.size(); ++i) may_run = may_run && group.open[i].done;
    if (may_run) execute(group.open.back());
    ++block.counters.wgmma;
  });
}

void wgmma_commit(Line line) {
  Unobserved scope;
  meet("wgmma_commit", line, [](Warpgroup& group) {
    group.groups.push_back(std::move(group.open));
    group.open.clear();
  });
}

void wgmma_wait(size_t groups_left, Line line) {
  if constexpr (kObserves) {
    std::vector<Wgmma> ending;
    {
      Unobserved scope;
      const auto& groups = warpgroup().groups;
      for (size_t i = 0; i + groups_left < groups.size(); ++i)
        ending.insert(ending.end(), groups[i].begin(), groups[i].end());
    }
    for (const Wgmma& operation : ending) observe_operands(operation);
  }
  Unobserved scope;
  void* const place = warpgroup().meeting.arrive();
  meet("wgmma_wait", line, [&](Warpgroup& group) {
    for (; group.groups.size() > groups_left; group.groups.pop_front())
      for (Wgmma& operation : group.groups.front()) execute(operation);
    write_back(group);
    group.fenced = false;
    group.meeting.complete();
  });
  acquire(place);
}

}  // namespace medley::kernels::cuda::emulator
