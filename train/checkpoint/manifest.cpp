// The text of a MANIFEST and its check.
#include "train/checkpoint/manifest.h"

#include <sstream>

#include "core/error.h"
#include "core/str.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

std::string last_line(const std::string& above) {
  Checksum sum;
  sum.add(above);
  return str(sum.hex(), " ", above.size(), " MANIFEST\n");
}

}  // namespace

std::string manifest_text(const std::vector<ManifestEntry>& entries) {
  std::string text;
  for (const ManifestEntry& entry : entries)
    text += str(entry.checksum, " ", entry.bytes, " ", entry.name, "\n");
  return text + last_line(text);
}

std::vector<ManifestEntry> parse_manifest(const std::string& text, const std::string& source) {
  size_t end = text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
  std::string above = end == std::string::npos ? "" : text.substr(0, end + 1);
  if (above.empty() || text != above + last_line(above))
    throw CheckpointError(source + " is damaged or cut short");
  std::vector<ManifestEntry> entries;
  std::istringstream lines(above);
  for (ManifestEntry entry; lines >> entry.checksum >> entry.bytes >> entry.name;)
    entries.push_back(entry);
  return entries;
}

}  // namespace medley::train
