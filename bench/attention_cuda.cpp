#include "bench/attention_args.h"
#include "core/cuda/device.h"

#if defined(MEDLEY_CUDA)
#include <algorithm>
#include <cstddef>
#include <optional>

#include "core/allocator.h"
#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/cudnn/attention.h"

namespace medley::bench {
namespace {

// Calls between two events: one alone would be timed with its launch.
#if defined(MEDLEY_CUDA_EMULATED)
constexpr int kCalls = 1;
#else
constexpr int kCalls = 20;
#endif

template <class T>
class Buffer {
 public:
  Buffer(Device device, int64_t count)
      : device_(device),
        bytes_(static_cast<size_t>(count) * sizeof(T)),
        data_(static_cast<T*>(device_allocate(bytes_, device))) {}
  Buffer(Device device, const std::vector<T>& values)
      : Buffer(device, static_cast<int64_t>(values.size())) {
    cuda::copy_to_device(data_, values.data(), bytes_, cuda::current_stream(device));
  }
  // The block again and again: it is uploaded once, then what is there is doubled on the device.
  Buffer(Device device, int64_t count, const std::vector<float>& block) : Buffer(device, count) {
    std::vector<T> once(std::min(block.size(), static_cast<size_t>(count)));
    std::transform(block.begin(), block.begin() + static_cast<ptrdiff_t>(once.size()), once.begin(),
                   [](float x) { return static_cast<T>(x); });
    const Stream stream = cuda::current_stream(device);
    size_t done = once.size() * sizeof(T);
    cuda::copy_to_device(data_, once.data(), done, stream);
    for (size_t more; done < bytes_; done += more) {
      more = std::min(done, bytes_ - done);
      cuda::copy_on_device(reinterpret_cast<std::byte*>(data_) + done, data_, more, stream);
    }
  }
  ~Buffer() { device_free(data_, bytes_, device_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* data() const { return data_; }

 private:
  Device device_;
  size_t bytes_;
  T* data_;
};

// cuDNN cannot share keys: it gets a copy for each query block, as PyTorch's users make one.
cases::AttentionCase unshared(cases::AttentionCase c) {
  std::vector<int32_t> lengths;
  for (const int32_t block : c.kv_index) lengths.push_back(c.k_lengths[static_cast<size_t>(block)]);
  if (!c.kv_index.empty()) c.k_lengths = lengths;
  c.kv_index.clear();
  return c;
}

template <class T>
class CudaRunner final : public AttentionRunner {
 public:
  explicit CudaRunner(const AttentionRun& run)
      : shape_(run.backend == "cudnn" ? unshared(run.shape) : run.shape),
        rows_(shape_),
        backend_(run.backend),
        is_backward_(run.direction == Direction::backward),
        stream_(cuda::current_stream(run.device)),
        begin_(run.device),
        end_(run.device),
        cu_q_(run.device, rows_.cu_q),
        cu_k_(run.device, rows_.cu_k),
        kv_index_(run.device, shape_.kv_index),
        qkv_(run.device, rows_.q_rows * 3 * rows_.width, normal_block()),
        kv_(run.device, rows_.k_rows * 3 * rows_.width, normal_block()),
        d_o_(run.device, rows_.q_rows * rows_.width, normal_block()),
        o_(run.device, rows_.q_rows * rows_.width),
        d_qkv_(run.device, rows_.q_rows * 3 * rows_.width),
        d_kv_(run.device, rows_.k_rows * 3 * rows_.width),
        lse_(run.device, shape_.heads * rows_.q_rows) {
    const AttentionArgs<T> args(shape_, rows_,
                                {.cu_q = cu_q_.data(),
                                 .cu_k = rows_.cu_k == rows_.cu_q ? cu_q_.data() : cu_k_.data(),
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
    if (backend_ == "cudnn") check_cudnn();
    if (is_backward_) call(false);
    cuda::synchronize(run.device);
  }

  double seconds() override {
    begin_.record(stream_);
    for (int i = 0; i < kCalls; ++i) call(is_backward_);
    end_.record(stream_);
    return cuda::Event::milliseconds(begin_, end_) * 1e-3 / kCalls;
  }

 private:
  void check_cudnn() const {
    namespace cudnn = kernels::cuda::cudnn;
    if (const std::string why = cuda_absence("cudnn"); !why.empty()) throw DeviceError(why);
    if constexpr (std::is_same_v<T, bf16>) {
      const char* why = is_backward_ ? cudnn::why_not(backward_) : cudnn::why_not(forward_);
      if (why != nullptr) throw DeviceError(why);
    }
  }

  void call(bool backward) const {
    if constexpr (std::is_same_v<T, bf16>) {
      if (backend_ == "cudnn")
        return backward ? kernels::cuda::cudnn::attention_backward(backward_, false, stream_)
                        : kernels::cuda::cudnn::attention_forward(forward_, stream_);
    }
    // Named or chosen by medley: MEDLEY_ATTENTION does not matter here.
    using kernels::cuda::BackwardKernel;
    using kernels::cuda::ForwardKernel;
    const bool naive = backend_ == "naive";
    if (backward)
      kernels::cuda::attention_backward(
          backward_, naive ? std::optional(BackwardKernel::naive) : std::nullopt, stream_);
    else
      kernels::cuda::attention_forward(
          forward_, naive ? std::optional(ForwardKernel::naive) : std::nullopt, stream_);
  }

  cases::AttentionCase shape_;
  AttentionRows rows_;
  std::string backend_;
  bool is_backward_;
  Stream stream_;
  cuda::Event begin_, end_;
  Buffer<int32_t> cu_q_, cu_k_, kv_index_;
  Buffer<T> qkv_, kv_, d_o_, o_, d_qkv_, d_kv_;
  Buffer<float> lse_;
  kernels::AttentionForward<T> forward_;
  kernels::AttentionBackward<T> backward_;
};

}  // namespace
}  // namespace medley::bench
#else
#include "core/error.h"
#endif

namespace medley::bench {

std::string cuda_absence([[maybe_unused]] const std::string& backend) {
#if defined(MEDLEY_CUDA)
  if (backend == "cudnn") return kernels::cuda::cudnn::absence();
#endif
  return cuda::absence();
}

std::unique_ptr<AttentionRunner> make_cuda_runner(const AttentionRun& run) {
  cuda::require(run.device);
#if defined(MEDLEY_CUDA)
  if (run.dtype == DType::bf16) return std::make_unique<CudaRunner<bf16>>(run);
  return std::make_unique<CudaRunner<float>>(run);
#else
  throw DeviceError("this program was built without CUDA");
#endif
}

}  // namespace medley::bench
