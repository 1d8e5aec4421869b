// Results on stdout.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace medley::train {

// Throws IoError when the output cannot be written: a full disk, a pipe that nobody reads.
void print(const std::string& text);  // a line
// Before the program ends well: what is printed may still be on its way.
void flush_output();
void print_json(const Json& document);

// Why CIDEr is 0 of one picture.
inline constexpr const char* kCiderOfOne =
    "0 of one picture by definition: words that all pictures have weigh nothing";

// Rows of equal length as aligned columns, the first row as a heading. What a terminal would obey
// is escaped (core/printable.h).
void print_table(std::vector<std::vector<std::string>> rows);
// The figures of each split (train/eval/evaluate.h): a table with intervals and the trivial answer.
void print_eval(const Json& eval);

}  // namespace medley::train
