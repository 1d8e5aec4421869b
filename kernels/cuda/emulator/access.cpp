#include "kernels/cuda/emulator/access.h"

#include <algorithm>

#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/memory.h"

namespace medley::kernels::cuda::emulator {
namespace {

constexpr uintptr_t kSector = 32, kBankBytes = 4, kBanks = 32;

template <class T>
void keep_distinct(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

Sectors count_sectors(const WarpAccess& access, size_t bytes) {
  std::vector<uintptr_t> sectors, addresses;
  for (size_t lane = 0; lane < kWarpSize; ++lane) {
    if ((access.lanes >> lane & 1) == 0) continue;
    const uintptr_t address = access.address[lane];
    addresses.push_back(address);
    for (uintptr_t s = address / kSector; s <= (address + bytes - 1) / kSector; ++s)
      sectors.push_back(s);
  }
  keep_distinct(sectors);
  keep_distinct(addresses);
  return {static_cast<int64_t>(sectors.size()),
          static_cast<int64_t>((addresses.size() * bytes + kSector - 1) / kSector)};
}

// 128 bytes a pass: accesses of 8 bytes go in two halves of the warp, of 16 bytes in four quarters.
int64_t count_bank_conflicts(const WarpAccess& access, size_t bytes) {
  const size_t lanes_per_pass = std::min<size_t>(kWarpSize, kBanks * kBankBytes / bytes);
  int64_t conflicts = 0;
  for (size_t first = 0; first < kWarpSize; first += lanes_per_pass) {
    std::vector<uintptr_t> words;
    for (size_t lane = first; lane < first + lanes_per_pass; ++lane)
      if ((access.lanes >> lane & 1) != 0)
        for (size_t byte = 0; byte < bytes; byte += kBankBytes)
          words.push_back((access.address[lane] + byte) / kBankBytes);
    keep_distinct(words);  // lanes that touch the same word share it
    std::array<int64_t, kBanks> in_bank{};
    for (const uintptr_t word : words) ++in_bank[word % kBanks];
    conflicts += std::max<int64_t>(0, *std::max_element(in_bank.begin(), in_bank.end()) - 1);
  }
  return conflicts;
}

void WarpAccesses::add(int lane, const AccessSite& site, uintptr_t address) {
  auto found = std::find_if(sites_.begin(), sites_.end(), [&](const AccessSite& other) {
    return same(other.line, site.line) && other.kind == site.kind && other.shared == site.shared &&
           other.bytes == site.bytes;
  });
  if (found == sites_.end()) found = sites_.insert(found, site);
  const auto l = static_cast<size_t>(lane);
  const size_t i = found->next[l]++;
  if (i == found->accesses.size()) found->accesses.emplace_back();
  found->accesses[i].lanes |= 1u << lane;
  found->accesses[i].address[l] = address;
}

void WarpAccesses::settle(Counters& counters) {
  for (const AccessSite& site : sites_) {
    for (const WarpAccess& access : site.accesses) {
      if (site.shared) {
        ++counters.shared_accesses;
        counters.shared_conflicts += count_bank_conflicts(access, site.bytes);
      } else {
        const Sectors sectors = count_sectors(access, site.bytes);
        counters.global_sectors += sectors.touched;
        counters.global_sectors_least += sectors.least;
      }
    }
  }
  sites_.clear();
}

void count_access(Access kind, const void* address, size_t bytes, Line line) {
  Unobserved scope;
  Block& block = *running_block;
  const bool shared = is_shared(address);
  if (!shared) {
    auto& total = kind == Access::load ? block.counters.global_bytes_loaded
                                       : block.counters.global_bytes_stored;
    total += static_cast<int64_t>(bytes);
  }
  if (!block.grid.counts_accesses) return;
  const Thread& thread = *running_thread;
  AccessSite site;
  site.line = line;
  site.kind = kind;
  site.shared = shared;
  site.bytes = bytes;
  block.accesses[static_cast<size_t>(thread.warp())].add(thread.lane(), site,
                                                         reinterpret_cast<uintptr_t>(address));
}

}  // namespace medley::kernels::cuda::emulator
