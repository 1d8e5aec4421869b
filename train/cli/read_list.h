// A file of texts: answers or classes to choose from.
#pragma once

#include <string>
#include <vector>

namespace medley::train {

// A JSON list of texts, or one per line; empty lines do not count. Throws IoError, DataError for a
// file without a text and for one that stands twice.
std::vector<std::string> read_list(const std::string& path);

}  // namespace medley::train
