// Philox against the known answers of its authors' library (Random123, kat_vectors), and the
// distributions on it.
#include "core/philox.h"

#include <cmath>
#include <set>
#include <vector>

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;

TEST_CASE("philox4x32-10 gives the known answers") {
  using Block = std::array<uint32_t, 4>;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is a pure function of its arguments") {
  Random a(42, Purpose::test, 7, 3);
  Random b(42, Purpose::test, 7, 3);
  for (int i = 0; i < 100; ++i) REQUIRE(a.next() == b.next());
}

TEST_CASE("every argument selects another stream") {
  std::set<uint32_t> first;
  first.insert(Random(0, Purpose::test).next());
  first.insert(Random(1, Purpose::test).next());
  first.insert(Random(1ull << 32, Purpose::test).next());
  first.insert(Random(0, Purpose::noise).next());
  first.insert(Random(0, Purpose::test, 1).next());
  first.insert(Random(0, Purpose::test, 1ull << 32).next());
  first.insert(Random(0, Purpose::test, 0, 1).next());
  CHECK(first.size() == 7);
}

TEST_CASE("uniform numbers fill 0 to 1 evenly") {
  Random random(1, Purpose::test);
  constexpr int kDraws = 64000, kBins = 64;
  std::vector<int> bins(kBins);
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    REQUIRE((u >= 0 && u < 1));
    ++bins[static_cast<size_t>(u * kBins)];
  }
  double chi_square = 0;
  for (const int count : bins) chi_square += std::pow(count - 1000.0, 2) / 1000.0;
  CHECK(chi_square < 103.4);  // 63 degrees of freedom, p = 0.001
  CHECK(chi_square > 32);
  const double u = random.uniform(-3, 5);
  CHECK((u >= -3 && u < 5));
}

TEST_CASE("normal numbers have the moments of a normal distribution") {
  Random random(2, Purpose::test);
  constexpr int kDraws = 100000;
  double sum = 0, square = 0, fourth = 0, neighbours = 0, last = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
    neighbours += x * last;
    last = x;
  }
  CHECK(std::abs(sum / kDraws) < 0.013);  // 4 standard errors each
  CHECK(std::abs(square / kDraws - 1) < 0.018);
  CHECK(std::abs(fourth / kDraws - 3) < 0.125);
  CHECK(std::abs(neighbours / kDraws) < 0.013);
}

TEST_CASE("below is unbiased and stays below") {
  Random random(3, Purpose::test);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) {
    const uint32_t x = random.below(7);
    REQUIRE(x < 7);
    ++counts[x];
  }
  for (const int count : counts) CHECK(std::abs(count - 10000) < 400);
  CHECK(random.below(1) == 0);
  // With this bound a plain multiplication would give numbers of two kinds, one twice as often.
  constexpr uint32_t kBound = 0xC0000000;
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += random.below(kBound) % 3 == 0;
  CHECK(std::abs(low - 10000) < 330);
  CHECK_THROWS_AS(random.below(0), ValueError);
}
