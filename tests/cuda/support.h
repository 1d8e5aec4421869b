// What the tests of CUDA kernels share. The same test runs on a GPU and in the emulator; where
// there is neither, it is skipped with the reason.
//
//   TEST_CASE("gelu") {
//     if (no_device()) return;
//     const DeviceBuffer<float> x(numbers<float>(n, 1));
//     const auto y = for_each_schedule([&] {
//       DeviceBuffer<float> y(n);  // NaN until written, with guard bands around it
//       cuda::gelu_forward({.n = n, .x = x.data(), .y = y.data()}, stream());
//       return y.values();         // waits; checks the guard bands
//     });
#pragma once

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <type_traits>
#include <vector>

#include "core/allocator.h"
#include "core/bf16.h"
#include "core/cuda/device.h"
#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "tests/catch.h"
#if defined(MEDLEY_CUDA_EMULATED)
#include "kernels/cuda/emulator/launch.h"
#endif

namespace medley::tests {

inline constexpr Device kCuda{Device::Cuda, 0};

inline Stream stream() { return cuda::current_stream(kCuda); }

// True, and says why, where there is no device to test on.
inline bool no_device() {
  const std::string reason = cuda::absence();
  if (reason.empty()) return false;
  std::cout << "skipped: " << Catch::getResultCapture().getCurrentTestName() << ": " << reason
            << "\n";
  SUCCEED("no device");
  return true;
}

// `count` elements in device memory. At first every byte is 0xff, which is NaN in every floating
// type; so are the guard bands before and behind, which must stay so.
template <class T>
class DeviceBuffer {
 public:
  explicit DeviceBuffer(int64_t count)
      : count_(static_cast<size_t>(count)),
        all_(static_cast<std::byte*>(device_allocate(bytes() + 2 * kGuard, kCuda))) {
    cuda::fill_bytes(all_, 0xff, bytes() + 2 * kGuard, stream());
  }
  explicit DeviceBuffer(const std::vector<T>& values)
      : DeviceBuffer(static_cast<int64_t>(values.size())) {
    upload(values);
  }
  ~DeviceBuffer() { device_free(all_, bytes() + 2 * kGuard, kCuda); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  // 256-byte aligned.
  T* data() { return reinterpret_cast<T*>(all_ + kGuard); }
  const T* data() const { return reinterpret_cast<const T*>(all_ + kGuard); }
  int64_t size() const { return static_cast<int64_t>(count_); }

  void upload(const std::vector<T>& values) {
    REQUIRE(values.size() == count_);
    cuda::copy_to_device(data(), values.data(), bytes(), stream());
  }

  // Waits for the device. Fails the test when a guard band was written.
  std::vector<T> download() const {
    const std::vector<unsigned char> front = read(all_), back = read(all_ + kGuard + bytes());
    const std::vector<unsigned char> intact(kGuard, 0xff);
    REQUIRE(front == intact);
    REQUIRE(back == intact);
    std::vector<T> values(count_);
    cuda::copy_to_host(values.data(), data(), bytes(), stream());
    return values;
  }

  // download() as doubles; fails the test when a value was never written or is not finite.
  std::vector<double> values() const {
    std::vector<double> wide;
    for (const T value : download()) {
      if constexpr (std::is_same_v<T, bf16>) {
        wide.push_back(static_cast<float>(value));
      } else {
        wide.push_back(static_cast<double>(value));
      }
    }
    size_t bad = 0;
    for (const double value : wide) bad += !std::isfinite(value);
    REQUIRE(bad == 0);
    return wide;
  }

 private:
  static constexpr size_t kGuard = 256;

  size_t bytes() const { return count_ * sizeof(T); }
  static std::vector<unsigned char> read(const std::byte* from) {
    std::vector<unsigned char> band(kGuard);
    cuda::copy_to_host(band.data(), from, kGuard, stream());
    return band;
  }

  size_t count_;
  std::byte* all_;
};

#if defined(MEDLEY_CUDA_EMULATED)
// While it lives, launches have the limits of another architecture.
class WithArchitecture {
 public:
  explicit WithArchitecture(const kernels::cuda::emulator::Architecture& architecture)
      : before_(kernels::cuda::emulator::options().architecture) {
    kernels::cuda::emulator::options().architecture = architecture;
  }
  ~WithArchitecture() { kernels::cuda::emulator::options().architecture = before_; }
  WithArchitecture(const WithArchitecture&) = delete;
  WithArchitecture& operator=(const WithArchitecture&) = delete;

 private:
  const kernels::cuda::emulator::Architecture before_;
};
#endif

// How many schedules the emulator runs a case under; MEDLEY_TEST_SCHEDULES says otherwise, as for
// builds in which everything takes long.
inline uint64_t schedule_count() {
  const char* const asked = std::getenv("MEDLEY_TEST_SCHEDULES");
  return asked == nullptr ? 16 : std::stoull(asked);
}

// Runs f, which launches kernels and returns what they computed, several times: in the emulator
// under schedule_count() schedules, on a GPU as often as its own scheduler may differ. Fails the
// test unless all results are equal; returns the first.
template <class F>
auto for_each_schedule(const F& f) {
#if defined(MEDLEY_CUDA_EMULATED)
  auto& seed = kernels::cuda::emulator::options().seed;
  const struct Restore {
    uint64_t& seed;
    const uint64_t before;
    ~Restore() { seed = before; }
  } restore{seed, seed};
  static const uint64_t schedules = schedule_count();
#else
  uint64_t seed = 0;
  constexpr uint64_t schedules = 3;
#endif
  seed = 0;
  const auto first = f();
  for (seed = 1; seed < schedules; ++seed) {
    CAPTURE(seed);
    const bool equal = f() == first;
    REQUIRE(equal);
  }
  return first;
}

}  // namespace medley::tests
