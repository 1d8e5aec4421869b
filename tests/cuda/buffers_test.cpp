// The rules of check_buffers(); tests/cuda/buffers_of_ops_test.cpp has the ops that call it.
#include "kernels/cuda/buffers.h"

#include <limits>

#include "core/error.h"
#include "tests/catch.h"

namespace medley::tests {
namespace {

using namespace kernels::cuda;
using Catch::Contains;

TEST_CASE("buffers: null and misaligned ones are refused where there are elements", "[buffers]") {
  alignas(8) unsigned char bytes[64] = {};
  const auto* const x = reinterpret_cast<const float*>(bytes);
  const auto* const shifted = reinterpret_cast<const float*>(bytes + 2);
  const auto check = [](const float* data, int64_t count) {
    check_buffers("op", {input("x", data, count)});
  };
  CHECK_NOTHROW(check(x, 16));
  CHECK_THROWS_AS(check(nullptr, 16), ValueError);
  CHECK_THROWS_WITH(check(nullptr, 16), Contains("[op] x is null, but has 64 bytes"));
  CHECK_THROWS_WITH(check(shifted, 1), Contains("[op] x is 0x") &&
                                           Contains("not aligned to its elements of 4 bytes") &&
                                           Contains("hint: "));
  for (const int64_t count : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    CHECK_NOTHROW(check(nullptr, count));
    CHECK_NOTHROW(check(shifted, count));
  }
  const float* const none = nullptr;
  CHECK_NOTHROW(check_buffers("op", {optional_input("x", none, 16)}));
  CHECK_THROWS_AS(check_buffers("op", {optional_input("x", shifted, 16)}), ValueError);
}

TEST_CASE("buffers: outputs that overlap are refused", "[buffers]") {
  float x[64] = {};
  const auto check = [&](int64_t y, int64_t count, InPlace in_place) {
    check_buffers("op", {input("x", x + 16, 16), output("y", x + y, count)}, in_place);
  };
  for (const InPlace in_place : {InPlace::no, InPlace::yes}) {
    CHECK_NOTHROW(check(0, 16, in_place));
    CHECK_NOTHROW(check(32, 16, in_place));
    CHECK_NOTHROW(check(20, 0, in_place));
    for (const int64_t y : {1, 13, 19, 31})
      CHECK_THROWS_WITH(check(y, 16, in_place), Contains("[op] y overlaps x: 64 bytes at 0x"));
    CHECK_THROWS_AS(check(16, 15, in_place), ValueError);
    CHECK_THROWS_AS(check(15, 18, in_place), ValueError);
    CHECK_THROWS_WITH(check_buffers("op", {output("y", x, 8), output("z", x, 8)}, in_place),
                      Contains("z overlaps y"));
    CHECK_THROWS_WITH(check_buffers("op", {output("y", x, 8), input("x", x + 1, 8)}, in_place),
                      Contains("y overlaps x"));
    CHECK_NOTHROW(check_buffers("op", {input("a", x, 8), input("b", x + 3, 8)}, in_place));
  }
  CHECK_NOTHROW(check(16, 16, InPlace::yes));
  CHECK_THROWS_AS(check(16, 16, InPlace::no), ValueError);
}

TEST_CASE("buffers: columns of one matrix lie between each other", "[buffers]") {
  float x[64] = {};  // 8 rows of 8
  const auto check = [&](int64_t at, int64_t width, int64_t stride) {
    check_buffers("op", {input("x", x + 2, 6, 3, 8), output("y", x + at, 6, width, stride)});
  };
  CHECK_NOTHROW(check(5, 3, 8));
  CHECK_NOTHROW(check(0, 2, 8));
  CHECK_NOTHROW(check(13, 5, 8));  // a row further
  CHECK_THROWS_AS(check(0, 3, 8), ValueError);
  CHECK_THROWS_AS(check(4, 3, 8), ValueError);
  CHECK_THROWS_AS(check(12, 2, 8), ValueError);
  CHECK_THROWS_AS(check(5, 6, 8), ValueError);  // into the next row
  CHECK_THROWS_AS(check(5, 3, 7), ValueError);
  CHECK_NOTHROW(check(45, 3, 9));  // behind the last
}

TEST_CASE("buffers: sizes beyond all memory do not overflow", "[buffers]") {
  float x[16] = {};
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const int64_t count : {int64_t{1} << 45, int64_t{1} << 62, kMost}) {
    CHECK_NOTHROW(check_buffers("op", {input("x", x, count), output("y", x, count)}, InPlace::yes));
    CHECK_THROWS_AS(check_buffers("op", {input("x", x, count), output("y", x + 1, 1)}), ValueError);
    CHECK_THROWS_AS(
        check_buffers("op", {input("x", x, count, count, count), output("y", x + 1, count, 1)}),
        ValueError);
  }
}

}  // namespace
}  // namespace medley::tests
