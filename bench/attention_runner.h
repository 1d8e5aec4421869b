// Runs one attention call again and again, on the CPU or on a GPU.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/attention_options.h"

namespace medley::bench {

class AttentionRunner {
 public:
  virtual ~AttentionRunner() = default;
  virtual double seconds() = 0;  // of one call
};

// Throw Error when the call cannot be made here. A backward runner has made the forward call.
std::unique_ptr<AttentionRunner> make_cpu_runner(const AttentionRun& run);
std::unique_ptr<AttentionRunner> make_cuda_runner(const AttentionRun& run);

// Why this back end runs nothing on this machine; empty when it may.
std::string cuda_absence(const std::string& backend);

// Rows of queries and of keys, offsets, and the longest block of each.
struct AttentionRows {
  std::vector<int32_t> cu_q{0}, cu_k{0};
  int64_t q_rows = 0, k_rows = 0, width = 0;
  int32_t max_q = 0, max_k = 0;

  explicit AttentionRows(const cases::AttentionCase& c) : width(c.heads * c.head_dim) {
    for (const int32_t n : c.q_lengths) cu_q.push_back(cu_q.back() + n), max_q = std::max(max_q, n);
    for (const int32_t n : c.k_lengths) cu_k.push_back(cu_k.back() + n), max_k = std::max(max_k, n);
    q_rows = cu_q.back(), k_rows = cu_k.back();
  }
};

// Seeded normal numbers, the same at each call. Inputs are this block again and again: large ones
// would take longer to make than to measure. Their number is prime, so that no two rows are alike.
const std::vector<float>& normal_block();

}  // namespace medley::bench
