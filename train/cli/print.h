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

// Rows of equal length as aligned columns, the first row as a heading.
void print_table(const std::vector<std::vector<std::string>>& rows);
// The figures of each split (train/eval/evaluate.h): a table with intervals and the trivial answer.
void print_eval(const Json& eval);

}  // namespace medley::train
