// Text of foreign files on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace medley {

inline constexpr size_t kMostOfLine = 2000;  // bytes

// Control characters, which could move the cursor or rename the window, become \x1b or \u009b, line
// ends too unless they are kept; of each line at most kMostOfLine bytes stay. What came out goes in
// again unchanged.
enum class LineEnds { keep, escape };
std::string printable(std::string_view text, LineEnds ends = LineEnds::escape);

}  // namespace medley
