// Plans of a library (cublasLt, cuDNN) by what they were made for: asking the library costs
// micro- to milliseconds, so it is asked once a shape. A training step has some dozens of shapes.
// Kernels are launched from one thread a process, hence no lock.
#pragma once

#include <cstdint>
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
  // The plan of `key`, from make() the first time. When make() throws, nothing is kept.
  template <class Make>
  Plan& get(const Key& key, const Make& make) {
    ++uses_;
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, make()).first;
    return found->second;
  }
  PlanStats stats() const { return {plans_.size(), uses_}; }

 private:
  std::map<Key, Plan> plans_;
  uint64_t uses_ = 0;
};

}  // namespace medley::kernels::cuda
