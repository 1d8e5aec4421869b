// The one include of the test framework: Catch2 3 or, as Debian 12 has it, 2.13. Tests use the
// names of the older one.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace Catch {
inline auto Contains(const std::string& part) { return Matchers::ContainsSubstring(part); }
using Matchers::EndsWith;
using Matchers::Matches;
using Matchers::StartsWith;
namespace Matchers {
inline auto Contains(const std::string& part) { return ContainsSubstring(part); }
}  // namespace Matchers
}  // namespace Catch
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
