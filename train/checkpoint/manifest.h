// MANIFEST: a line "<xxh3> <bytes> <name>" for every file of a checkpoint, then one for the lines
// above it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace medley::train {

struct ManifestEntry {
  std::string checksum;  // 16 hex digits
  uint64_t bytes = 0;
  std::string name;
};

std::string manifest_text(const std::vector<ManifestEntry>& entries);
// Throws CheckpointError that names `source` when the text is damaged.
std::vector<ManifestEntry> parse_manifest(const std::string& text, const std::string& source);

}  // namespace medley::train
