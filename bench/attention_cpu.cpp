#include <chrono>

#include "bench/attention_args.h"
#include "core/philox.h"
#include "core/threads.h"
#include "kernels/reference/attention.h"

namespace medley::bench {
namespace {

std::vector<float> normal_numbers(int64_t count) {
  const std::vector<float>& block = normal_block();
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t at = 0; at < values.size(); at += block.size())
    std::copy_n(block.data(), std::min(block.size(), values.size() - at), values.data() + at);
  return values;
}

class CpuRunner final : public AttentionRunner {
 public:
  explicit CpuRunner(const AttentionRun& run)
      : rows_(run.shape),
        is_naive_(run.backend == "naive"),
        is_backward_(run.direction == Direction::backward),
        kv_index_(run.shape.kv_index),
        qkv_(normal_numbers(rows_.q_rows * 3 * rows_.width)),
        kv_(normal_numbers(rows_.k_rows * 3 * rows_.width)),
        d_o_(normal_numbers(rows_.q_rows * rows_.width)),
        o_(d_o_.size()),
        lse_(static_cast<size_t>(run.shape.heads * rows_.q_rows)),
        d_qkv_(qkv_.size()),
        d_kv_(kv_.size()) {
    set_thread_count(run.threads);
    const AttentionArgs<float> args(run.shape, rows_,
                                    {.cu_q = rows_.cu_q.data(),
                                     .cu_k = rows_.cu_k.data(),
                                     .kv_index = kv_index_.data(),
                                     .qkv = qkv_.data(),
                                     .kv = kv_.data(),
                                     .d_o = d_o_.data(),
                                     .o = o_.data(),
                                     .lse = lse_.data(),
                                     .d_qkv = d_qkv_.data(),
                                     .d_kv = d_kv_.data()});
    forward_ = args.forward;
    backward_ = args.backward;
    if (is_backward_) forward();
  }

  double seconds() override {
    const auto start = std::chrono::steady_clock::now();
    is_backward_ ? backward() : forward();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  void forward() const {
    is_naive_ ? kernels::reference::attention_forward(forward_)
              : kernels::cpu::attention_forward(forward_);
  }
  void backward() const {
    is_naive_ ? kernels::reference::attention_backward(backward_)
              : kernels::cpu::attention_backward(backward_);
  }

  AttentionRows rows_;
  bool is_naive_, is_backward_;
  std::vector<int32_t> kv_index_;
  std::vector<float> qkv_, kv_, d_o_, o_, lse_, d_qkv_, d_kv_;
  kernels::AttentionForward<float> forward_;
  kernels::AttentionBackward<float> backward_;
};

}  // namespace

const std::vector<float>& normal_block() {
  constexpr size_t kCount = 1048573;
  static const std::vector<float> block = [] {
    Random random(1, Purpose::test);
    std::vector<float> values(kCount);
    for (float& x : values) x = static_cast<float>(random.normal());
    return values;
  }();
  return block;
}

std::unique_ptr<AttentionRunner> make_cpu_runner(const AttentionRun& run) {
  return std::make_unique<CpuRunner>(run);
}

}  // namespace medley::bench
