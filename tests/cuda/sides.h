// One description of a run for both sides: the kernel on the device and the reference on the host.
// It is a template over the side and returns all outputs:
//   check_on_device<bf16>([&]<class Side>(Side) {
//     const typename Side::Buffer x(rounded<typename Side::Kept>(n, 1));
//     typename Side::Buffer y(n);
//     MEDLEY_RUN(gelu_forward,
//                kernels::GeluForward<typename Side::Type>{.n = n, .x = x.data(), .y = y.data()});
//     return Outputs{y.values()};
//   }, 2);
#pragma once

#include <algorithm>

#include "kernels/wide.h"
#include "tests/cuda/support.h"
#include "tests/cuda/tolerance.h"

// The op of the run's side, on arguments of its type.
#define MEDLEY_RUN(op, ...)                               \
  do {                                                    \
    if constexpr (Side::kDevice)                          \
      ::medley::kernels::cuda::op(__VA_ARGS__, stream()); \
    else                                                  \
      ::medley::kernels::reference::op(__VA_ARGS__);      \
  } while (false)

namespace medley::tests {

// A DeviceBuffer whose elements start kShift behind the aligned address; zeros before them, which
// must stay so.
template <class T, int kShift>
class ShiftedBuffer {
 public:
  explicit ShiftedBuffer(int64_t count) : all_(count + kShift) {
    cuda::fill_bytes(all_.data(), 0, kShift * sizeof(T), stream());
  }
  explicit ShiftedBuffer(const std::vector<T>& values)
      : ShiftedBuffer(static_cast<int64_t>(values.size())) {
    cuda::copy_to_device(data(), values.data(), values.size() * sizeof(T), stream());
  }
  T* data() { return all_.data() + kShift; }
  const T* data() const { return all_.data() + kShift; }
  std::vector<double> values() const {
    const auto all = all_.values();
    REQUIRE(std::count(all.begin(), all.begin() + kShift, 0.0) == kShift);
    return {all.begin() + kShift, all.end()};
  }

 private:
  DeviceBuffer<T> all_;
};

// Numbers of the host; values() rounds to Store what a device would have stored so.
template <class V, class Store>
class HostBuffer {
 public:
  explicit HostBuffer(int64_t count) : all_(static_cast<size_t>(count)) {}
  template <class T>
  explicit HostBuffer(const std::vector<T>& values) : all_(converted<V>(values)) {}
  V* data() { return all_.data(); }
  const V* data() const { return all_.data(); }
  std::vector<double> values() const { return converted<double>(converted<Store>(all_)); }

 private:
  std::vector<V> all_;
};

// Type: what the arguments are templated on. Kept: what inputs are rounded to before. Buffer holds
// activations, WideBuffer what is kept as Wide<T>, Ints indices.
template <class T, int kShift = 0>
struct OnDevice {
  static constexpr bool kDevice = true;
  using Type = T;
  using Kept = T;
  using Buffer = ShiftedBuffer<T, kShift>;
  using WideBuffer = ShiftedBuffer<kernels::Wide<T>, kShift>;
  template <class I>
  using Ints = DeviceBuffer<I>;
};
template <class V, class T, class Store>
struct OnHost {
  static constexpr bool kDevice = false;
  using Type = V;
  using Kept = T;
  using Buffer = HostBuffer<V, Store>;
  using WideBuffer = HostBuffer<V, V>;
  template <class I>
  using Ints = std::vector<I>;
};

// The device against f64, judged by the reference in f32 that stores as the device does; equal bits
// for every schedule. Then with every pointer one element off, where no access may be wide.
template <class T, class Run>
void check_on_device(const Run& run, double factor) {
  const Outputs naive = run(OnHost<float, T, T>()), exact = run(OnHost<double, T, double>());
  check_against<float>(for_each_schedule([&] { return run(OnDevice<T>()); }), naive, exact, factor);
  check_against<float>(run(OnDevice<T, 1>()), naive, exact, factor);
}

}  // namespace medley::tests
