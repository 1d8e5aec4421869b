// Which plans a cache holds; no device is needed.
#include "kernels/cuda/plan_cache.h"

#include <string>

#include "core/error.h"
#include "tests/catch.h"

namespace medley::tests {
namespace {

using Cache = kernels::cuda::PlanCache<int, std::string>;

// Whether the plan had to be made.
bool is_new(Cache& cache, int key, bool keep = false) {
  const uint64_t before = cache.stats().plans;
  CHECK(cache.get(
            key, [&] { return std::to_string(key); }, keep) == std::to_string(key));
  return cache.stats().plans != before;
}

TEST_CASE("plan cache: the plan that was used longest ago goes", "[plan_cache]") {
  Cache cache(2);
  CHECK(is_new(cache, 1));
  CHECK(is_new(cache, 2));
  CHECK(!is_new(cache, 1));
  CHECK(is_new(cache, 3));  // for 2
  CHECK(!is_new(cache, 1));
  CHECK(!is_new(cache, 3));
  CHECK(is_new(cache, 2));
  CHECK(cache.stats().plans == 4);
  CHECK(cache.stats().uses == 7);
}

TEST_CASE("plan cache: what a graph was captured with stays", "[plan_cache]") {
  Cache cache(2);
  CHECK(is_new(cache, 1));
  CHECK(is_new(cache, 2));
  CHECK(!is_new(cache, 1, true));
  CHECK(is_new(cache, 3, true));  // nothing goes for it
  CHECK(!is_new(cache, 2));
  for (int key = 4; key < 10; ++key) CHECK(is_new(cache, key));
  CHECK(!is_new(cache, 1));
  CHECK(!is_new(cache, 3));
  CHECK(!is_new(cache, 9));
  CHECK(!is_new(cache, 8));
  CHECK(is_new(cache, 7));
}

TEST_CASE("plan cache: a plan that cannot be made costs none", "[plan_cache]") {
  Cache cache(1);
  CHECK(is_new(cache, 1));
  CHECK_THROWS_AS(cache.get(2, []() -> std::string { throw DeviceError("no engine"); }),
                  DeviceError);
  CHECK(!is_new(cache, 1));
  CHECK(cache.stats().plans == 1);
}

}  // namespace
}  // namespace medley::tests
