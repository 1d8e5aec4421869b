// A file as a string.
#pragma once

#include <cstdint>
#include <string>

namespace medley {

// Throws IoError with the system's reason; DataError when the file has more than `most` bytes.
std::string read_text(const std::string& path, uint64_t most = UINT64_MAX);

}  // namespace medley
