// One header block of a tar file, and the records of a pax header (POSIX.1-2017, pax; GNU tar
// manual, "Basic Tar Format").
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace medley::train {

inline constexpr uint64_t kTarBlock = 512;

struct TarHeader {
  bool end = false;        // a block of zeros: nothing else is set
  std::string name, link;  // link: what a link means
  char type = '0';
  uint64_t size = 0;
};

// `place` starts the message of a DataError: "images.tar at byte 1024".
TarHeader parse_tar_header(std::span<const uint8_t, kTarBlock> block, const std::string& place);
// "27 path=some/long/name\n" and so on.
std::map<std::string, std::string> parse_pax_records(std::string_view text,
                                                     const std::string& place);
// Decimal digits alone.
uint64_t parse_pax_number(const std::string& text, const std::string& place);

}  // namespace medley::train
