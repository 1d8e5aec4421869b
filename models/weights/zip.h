// The zip archives that torch.save writes: stored entries alone, read by their central directory
// (APPNOTE.TXT 4.3, zip64 included). The reader is strict: directory and end records fill the end
// of the file exactly, names are relative and unique, entries do not overlap, and nothing is
// compressed, so an entry's bytes are the file's own and no archive grows in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/weights/byte_source.h"

namespace medley::models {

struct ZipEntry {
  std::string name;
  uint64_t header = 0;  // byte of the local header
  uint64_t offset = 0;  // byte of the data
  uint64_t size = 0;
  uint32_t crc = 0;
};

inline constexpr uint64_t kMaxZipEntries = 1'000'000;

bool looks_like_zip(const ByteSource& source);
// In the order of the file. Throws DataError with the entry and the byte position.
std::vector<ZipEntry> read_zip_directory(const ByteSource& source);
// Reads the entry through once; DataError when its checksum is not the directory's.
void check_zip_entry(const ByteSource& source, const ZipEntry& entry);
// CRC-32 of zip and PNG (ISO 3309), continued from `crc`, which starts at 0.
uint32_t crc32(std::span<const char> bytes, uint32_t crc = 0);

}  // namespace medley::models
