// Copies and fills: all directions, rows with gaps, pinned memory, and what is refused.
#include <numeric>

#include "core/cuda/memory.h"
#include "core/error.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

namespace {

std::vector<int32_t> counting(int64_t count) {
  std::vector<int32_t> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 1);
  return values;
}

}  // namespace

TEST_CASE("cuda copies: to the device, on it, and back") {
  if (no_device()) return;
  for (const int64_t n : {0, 1, 1000, 100003}) {
    const std::vector<int32_t> values = counting(n);
    const DeviceBuffer<int32_t> a(values);
    DeviceBuffer<int32_t> b(n);
    cuda::copy_on_device(b.data(), a.data(), static_cast<size_t>(n) * 4, stream());
    CHECK(b.download() == values);
  }
}

TEST_CASE("cuda copies: the host's source may change at once") {
  if (no_device()) return;
  std::vector<int32_t> values = counting(1 << 18);
  const DeviceBuffer<int32_t> a(values);
  std::fill(values.begin(), values.end(), 0);
  CHECK(a.download() == counting(1 << 18));
}

TEST_CASE("cuda copies: rows with gaps on either side") {
  if (no_device()) return;
  const DeviceBuffer<int32_t> a(counting(12));           // [3, 4]
  DeviceBuffer<int32_t> b(std::vector<int32_t>(15, 0));  // [3, 5]
  cuda::copy_rows(b.data() + 1, a.data() + 1,
                  {.width = 8, .rows = 3, .to_stride = 20, .from_stride = 16}, stream());
  CHECK(b.download() == std::vector<int32_t>{0, 2, 3, 0, 0, 0, 6, 7, 0, 0, 0, 10, 11, 0, 0});
  cuda::fill_rows(b.data() + 2, 0xff, {.width = 4, .rows = 2, .to_stride = 20}, stream());
  CHECK(b.download() == std::vector<int32_t>{0, 2, -1, 0, 0, 0, 6, -1, 0, 0, 0, 10, 11, 0, 0});
}

TEST_CASE("cuda copies: rows that overlap are refused") {
  if (no_device()) return;
  DeviceBuffer<int32_t> a(8);
  const cuda::Rows bad{.width = 8, .rows = 2, .to_stride = 8, .from_stride = 4};
  CHECK_THROWS_WITH(cuda::copy_rows(a.data(), a.data(), bad, stream()),
                    Catch::Contains("rows of 8 bytes overlap at a distance of 4"));
}

TEST_CASE("cuda copies: pinned memory both ways") {
  if (no_device()) return;
  cuda::PinnedBuffer host(4000);
  std::iota(host.data<int32_t>(), host.data<int32_t>() + 1000, 1);
  DeviceBuffer<int32_t> a(1000);
  host.copy_to_device(a.data(), 4000, stream());
  CHECK(a.download() == counting(1000));
  std::fill_n(host.data<int32_t>(), 1000, 0);
  host.copy_from_device(a.data(), 4000, stream());
  cuda::synchronize(kCuda);
  CHECK(std::vector<int32_t>(host.data<int32_t>(), host.data<int32_t>() + 1000) == counting(1000));
  CHECK_THROWS_AS(host.copy_to_device(a.data(), 4001, stream()), ValueError);
  CHECK_THROWS_AS(host.copy_from_device(a.data(), 4001, stream()), ValueError);
}

TEST_CASE("cuda copies: a buffer that was written past its end is found") {
  if (no_device()) return;
  DeviceBuffer<int32_t> a(10);
  cuda::fill_bytes(a.data() + 10, 1, 4, stream());
  std::vector<unsigned char> band(256);
  cuda::copy_to_host(band.data(), a.data() + 10, band.size(), stream());
  CHECK(band != std::vector<unsigned char>(256, 0xff));
}
