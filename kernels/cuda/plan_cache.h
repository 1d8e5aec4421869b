// Plans of a library (cublasLt, cuDNN) by what they were made for: asking the library costs
// micro- to milliseconds, so it is asked once a shape. A training step has some dozens of shapes.
// Kernels are launched from one thread a process, hence no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

namespace medley::kernels::cuda {

struct PlanStats {
  uint64_t plans = 0;  // made
  uint64_t uses = 0;
};

template <class Key, class Plan>
class PlanCache {
 public:
  // Holds `most` plans and, beside them, those that are kept.
  explicit PlanCache(size_t most = std::numeric_limits<size_t>::max()) : most_(most) {}

  // The plan of `key`, from make() the first time; valid until the next call. For a new plan the
  // one that was used longest ago may go, after make(). When make() throws, nothing changes. A plan
  // that was asked for with `keep` once, as a captured graph needs it, never goes.
  template <class Make>
  Plan& get(const Key& key, const Make& make, bool keep = false) {
    ++uses_;
    auto found = plans_.find(key);
    if (found == plans_.end()) {
      Entry entry{make()};
      ++made_;
      if (!keep) make_room();
      found = plans_.emplace(key, std::move(entry)).first;
    }
    found->second.last_use = uses_;
    found->second.is_kept = found->second.is_kept || keep;
    return found->second.plan;
  }
  PlanStats stats() const { return {made_, uses_}; }

 private:
  struct Entry {
    Plan plan;
    uint64_t last_use = 0;
    bool is_kept = false;
  };

  void make_room() {
    if (plans_.size() < most_) return;
    size_t count = 0;
    auto oldest = plans_.end();
    for (auto at = plans_.begin(); at != plans_.end(); ++at) {
      if (at->second.is_kept) continue;
      ++count;
      if (oldest == plans_.end() || at->second.last_use < oldest->second.last_use) oldest = at;
    }
    if (count >= most_) plans_.erase(oldest);
  }

  std::map<Key, Entry> plans_;
  size_t most_;
  uint64_t made_ = 0, uses_ = 0;
};

}  // namespace medley::kernels::cuda
