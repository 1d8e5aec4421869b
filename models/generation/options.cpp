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
  const auto whole = [&](const char* name, int64_t value, int64_t least, int64_t most) {
    require(value >= least && value <= most, name, " is ", value, ": it must lie in ", least,
            " .. ", most);
  };
  // No range holds NaN. The limits of numbers that scale scores keep the scores finite.
  const auto number = [&](const char* name, double value, double least, double most) {
    require(value >= least && value <= most, name, " is ", value, ": it must lie in ", least,
            " .. ", most);
  };
  whole("beams", o.beams, 1, 1000);
  require(!o.sample || o.beams == 1, "beams is ", o.beams, ": sampling takes one");
  whole("returned", o.returned, 1, 1000);
  require(o.sample || o.returned <= o.beams, "returned is ", o.returned,
          ": without sampling there are as many texts as beams, ", o.beams);
  number("length_penalty", o.length_penalty, -100, 100);
  number("temperature", o.temperature, 1e-4, 1e4);
  whole("top_k", o.top_k, 0, INT32_MAX);
  require(o.top_p > 0 && o.top_p <= 1, "top_p is ", o.top_p,
          ": it must be above 0 and at most 1 (all tokens)");
  number("repetition_penalty", o.repetition_penalty, 1e-3, 1e3);
  whole("no_repeat_ngram", o.no_repeat_ngram, 0, max_positions);
}

}  // namespace medley::models
