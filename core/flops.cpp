// One counter for the process.
#include "core/flops.h"

#include <atomic>

namespace medley {
namespace {

std::atomic<int64_t> counted{0};

}  // namespace

void count_flops(int64_t flops) { counted.fetch_add(flops, std::memory_order_relaxed); }
int64_t flops_counted() { return counted.load(std::memory_order_relaxed); }
void reset_flops() { counted.store(0, std::memory_order_relaxed); }

}  // namespace medley
