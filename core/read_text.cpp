// Reading by a stream, so that pipes are files too.
#include "core/read_text.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/str.h"

namespace medley {

std::string read_text(const std::string& path, uint64_t most) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw IoError(path + " is a folder, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError("cannot open " + path + ": " + std::strerror(errno));
  const uint64_t size = std::filesystem::file_size(path, error);
  if (!error && size > most)
    throw DataError(str(path, ": ", size, " bytes, over the limit of ", most));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) throw IoError("cannot read " + path + ": " + std::strerror(errno));
  return std::move(text).str();
}

}  // namespace medley
