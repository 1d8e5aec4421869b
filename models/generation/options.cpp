// Limits of the options.
#include "models/generation/options.h"

#include "core/error.h"
#include "core/str.h"

namespace medley::models {

void validate(const GenerateOptions& o, int64_t prompt, int64_t max_positions) {
  const auto require = [](bool holds, const auto&... message) {
    if (!holds) throw ValueError(str("[generate] ", message...));
  };
  require(o.max_length > prompt + 1 && o.max_length <= max_positions, "max_length is ",
          o.max_length, ": it must be more than the ", prompt + 1,
          " of [DEC] and prompt, and at most max_positions = ", max_positions);
  require(o.min_length >= 0 && o.min_length <= o.max_length, "min_length is ", o.min_length,
          ": it must lie between 0 and max_length = ", o.max_length);
  require(o.beams >= 1, "beams is ", o.beams, ": it must be 1 or more");
  require(!o.sample || o.beams == 1, "beams is ", o.beams, ": sampling takes one");
  require(o.returned >= 1, "returned is ", o.returned, ": it must be 1 or more");
  require(o.sample || o.returned <= o.beams, "returned is ", o.returned,
          ": without sampling there are as many texts as beams, ", o.beams);
  require(o.temperature > 0, "temperature is ", o.temperature, ": it must be above 0");
  require(o.top_k >= 0, "top_k is ", o.top_k, ": it must be 0 (all tokens) or more");
  require(o.top_p > 0 && o.top_p <= 1, "top_p is ", o.top_p,
          ": it must be above 0 and at most 1 (all tokens)");
  require(o.repetition_penalty > 0, "repetition_penalty is ", o.repetition_penalty,
          ": it must be above 0");
}

}  // namespace medley::models
