// Writes a tar archive (POSIX ustar). Owner, time and mode are the same for every member, so that
// equal members give equal archives. A name of more than 100 bytes stands in a pax header.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "train/io/files.h"

namespace medley::train {

class TarWriter {
 public:
  explicit TarWriter(const std::string& path);  // throws IoError, as all that follows
  void add(const std::string& name, std::span<const uint8_t> bytes);
  // The end mark, without which readers refuse the archive.
  void close();

 private:
  void write_member(const std::string& name, char type, std::string_view bytes);

  OutputFile file_;
};

}  // namespace medley::train
