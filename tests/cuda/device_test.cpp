// Which devices there are, how the absence of one is said, streams and events.
#include "core/cuda/device.h"

#include "core/cuda/stream.h"
#include "core/error.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

TEST_CASE("cuda: a device that is not there is refused by number") {
  if (no_device()) return;
  const Device beyond{Device::Cuda, static_cast<int8_t>(cuda::device_count())};
  CHECK_NOTHROW(cuda::require(kCuda));
  CHECK_NOTHROW(cuda::require(Device{}));
  CHECK_THROWS_WITH(cuda::require(beyond), Catch::Contains(str(beyond)) &&
                                               Catch::Contains("has ") &&
                                               Catch::Contains("hint: use cuda:0"));
  CHECK_THROWS_AS(device_allocate(16, beyond), DeviceError);
  CHECK_THROWS_AS(device_allocate(16, Device{Device::Cuda, -1}), DeviceError);
  CHECK_THROWS_AS(cuda::current_stream(beyond), DeviceError);
  CHECK_THROWS_AS(cuda::describe(beyond), DeviceError);
}

TEST_CASE("cuda: a build that finds no GPU says why") {
  if (cuda::device_count() > 0) return;
  CHECK_FALSE(cuda::absence().empty());
  CHECK_THROWS_WITH(cuda::require(kCuda),
                    Catch::Contains(cuda::absence()) && Catch::Contains("hint: use --device cpu"));
  CHECK_THROWS_AS(cuda::choose_device("cuda"), DeviceError);
  CHECK(cuda::choose_device("auto") == Device{});
  CHECK_THROWS_AS(device_allocate(16, kCuda), DeviceError);
}

TEST_CASE("cuda: devices by name") {
  if (no_device()) return;
  CHECK(cuda::choose_device("cuda") == kCuda);
  CHECK(cuda::choose_device("cpu") == Device{});
  CHECK_THROWS_AS(cuda::choose_device("cuda:15"), DeviceError);
  CHECK_THROWS_AS(cuda::choose_device("gpu"), ValueError);
  // The emulator is for tests: nobody gets it without asking.
  const Device fastest = cuda::kBackend == cuda::Backend::emulated ? Device{} : kCuda;
  CHECK(cuda::choose_device("auto") == fastest);
}

TEST_CASE("cuda: a GPU that cannot run the kernels is refused in words") {
  cuda::DeviceInfo device;
  device.name = "Tesla T4", device.major = 7, device.minor = 5;
  CHECK(cuda::unfit(device) ==
        "Tesla T4 has compute capability 7.5, and 8.0 (an A100, 2020) is the least");
  device.major = 8, device.minor = 0;
  CHECK(cuda::unfit(device).empty());
}

TEST_CASE("cuda: a description names the device") {
  if (no_device()) return;
  const cuda::DeviceInfo info = cuda::describe(kCuda);
  CHECK_FALSE(info.name.empty());
  CHECK(info.major >= 8);
  CHECK(info.multiprocessors > 0);
  CHECK(info.memory > size_t{1} << 30);
}

TEST_CASE("cuda: the current stream stays the same, copies have their own") {
  if (no_device()) return;
  CHECK(cuda::current_stream(kCuda).native == cuda::current_stream(kCuda).native);
  CHECK(cuda::current_stream(kCuda).native != cuda::transfer_stream(kCuda).native);
  CHECK(cuda::current_device() == kCuda);
  CHECK_FALSE(cuda::is_capturing(stream()));
}

TEST_CASE("cuda: events order two streams and measure time") {
  if (no_device()) return;
  cuda::Event begin(kCuda), end(kCuda);
  DeviceBuffer<float> buffer(1 << 20);
  cuda::PinnedBuffer host(sizeof(float) << 20);
  std::fill_n(host.data<float>(), 1 << 20, 3.0f);
  begin.record(cuda::transfer_stream(kCuda));
  host.copy_to_device(buffer.data(), host.bytes(), cuda::transfer_stream(kCuda));
  end.record(cuda::transfer_stream(kCuda));
  end.hold(stream());
  CHECK(buffer.download() == std::vector<float>(1 << 20, 3.0f));
  end.synchronize();
  CHECK(cuda::Event::milliseconds(begin, end) >= 0);
}
