// Central directory of a zip archive.
#include "models/weights/zip.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/str.h"

namespace medley::models {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50,
                   kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr uint64_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56,
                   kLocator64Size = 20;
constexpr uint16_t kDescriptorFlag = 0x0008, kUtf8Flag = 0x0800;

struct Directory {
  uint64_t entries = 0, size = 0, offset = 0;
  uint64_t limit = 0;  // where the end records begin: the directory must reach up to here
};

[[noreturn]] void refuse(const ByteSource& source, uint64_t at, const std::string& what,
                         const std::string& hint = {}) {
  throw DataError(str(source.name(), ": ", what, " (byte ", at, ")"), hint);
}

// The 64-bit end record, when the locator in front of the plain one points to it.
bool read_end64(const ByteSource& source, uint64_t end_at, Directory& directory) {
  if (end_at < kLocator64Size) return false;
  const uint64_t locator_at = end_at - kLocator64Size;
  const std::vector<char> locator = source.bytes(locator_at, kLocator64Size);
  if (load_little<uint32_t>(locator.data()) != kLocator64) return false;
  const uint64_t at = load_little<uint64_t>(&locator[8]);
  if (locator_at < kEnd64Size || at != locator_at - kEnd64Size)
    refuse(source, locator_at, "the zip64 end record is not where its locator says");
  const std::vector<char> end = source.bytes(at, kEnd64Size);
  if (load_little<uint32_t>(end.data()) != kEnd64 ||
      load_little<uint64_t>(&end[4]) != kEnd64Size - 12)
    refuse(source, at, "the zip64 end record is damaged");
  if (load_little<uint32_t>(&locator[4]) != 0 || load_little<uint32_t>(&locator[16]) > 1 ||
      load_little<uint32_t>(&end[16]) != 0 || load_little<uint32_t>(&end[20]) != 0 ||
      load_little<uint64_t>(&end[24]) != load_little<uint64_t>(&end[32]))
    refuse(source, at, "the archive is one part of several");
  directory = {load_little<uint64_t>(&end[32]), load_little<uint64_t>(&end[40]),
               load_little<uint64_t>(&end[48]), at};
  return true;
}

Directory find_directory(const ByteSource& source) {
  const std::string cut = "the download looks cut: copy or download it again";
  if (source.size() < kEndSize)
    refuse(source, source.size(), "starts like a zip archive but the end record is missing", cut);
  const uint64_t at = source.size() - kEndSize;
  const std::vector<char> end = source.bytes(at, kEndSize);
  if (load_little<uint32_t>(end.data()) != kEnd)
    refuse(source, at,
           str("starts like a zip archive but the end record is missing from the last of its ",
               source.size(), " bytes"),
           cut);
  Directory plain{load_little<uint16_t>(&end[10]), load_little<uint32_t>(&end[12]),
                  load_little<uint32_t>(&end[16]), at};
  if (load_little<uint16_t>(&end[4]) != 0 || load_little<uint16_t>(&end[6]) != 0 ||
      load_little<uint16_t>(&end[8]) != plain.entries)
    refuse(source, at, "the archive is one part of several");
  if (load_little<uint16_t>(&end[20]) != 0) refuse(source, at, "the archive has a comment");
  Directory wide;
  if (!read_end64(source, at, wide)) return plain;
  const bool equal = (plain.entries == 0xFFFF || plain.entries == wide.entries) &&
                     (plain.size == 0xFFFFFFFF || plain.size == wide.size) &&
                     (plain.offset == 0xFFFFFFFF || plain.offset == wide.offset);
  if (!equal) refuse(source, at, "the two end records contradict each other");
  return wide;
}

// Values that do not fit 32 bits stand in the extra field 1, in this order.
void read_extra64(const ByteSource& source, uint64_t at, std::span<const char> extra,
                  std::array<uint64_t*, 3> values) {
  for (size_t i = 0; i < extra.size();) {
    if (extra.size() - i < 4) refuse(source, at, "an extra field is cut short");
    const uint16_t id = load_little<uint16_t>(&extra[i]);
    const size_t length = load_little<uint16_t>(&extra[i + 2]);
    i += 4;
    if (length > extra.size() - i) refuse(source, at, "an extra field is cut short");
    if (id == 1) {
      size_t from = i;
      for (uint64_t* value : values) {
        if (*value != 0xFFFFFFFF) continue;
        if (i + length - from < 8) refuse(source, at, "the zip64 extra field is too short");
        *value = load_little<uint64_t>(&extra[from]);
        from += 8;
      }
    }
    i += length;
  }
}

void check_name(const ByteSource& source, uint64_t at, const std::string& name) {
  const std::string slashed = "/" + name + "/";
  const bool bad = name.empty() || name.front() == '/' || name.find('\\') != std::string::npos ||
                   name.find('\0') != std::string::npos || name.back() == '/' ||
                   slashed.find("/../") != std::string::npos ||
                   slashed.find("//") != std::string::npos;
  if (bad) refuse(source, at, "an entry has the name '" + name + "'");
}

// Where the data of an entry begins; its local header must tell the same story.
uint64_t data_offset(const ByteSource& source, uint64_t at, const std::string& name,
                     uint64_t limit) {
  if (at > limit || limit - at < kLocalSize)
    refuse(source, at, "the local header of '" + name + "' lies outside");
  const std::vector<char> head = source.bytes(at, kLocalSize);
  if (load_little<uint32_t>(head.data()) != kLocal)
    refuse(source, at, "there is no local header of '" + name + "'");
  const uint64_t name_size = load_little<uint16_t>(&head[26]);
  const uint64_t extra_size = load_little<uint16_t>(&head[28]);
  if (limit - at - kLocalSize < name_size + extra_size)
    refuse(source, at, "the local header of '" + name + "' lies outside");
  const std::vector<char> local_name = source.bytes(at + kLocalSize, name_size);
  if (std::string(local_name.begin(), local_name.end()) != name ||
      load_little<uint16_t>(&head[8]) != 0)
    refuse(source, at, "the local header of '" + name + "' contradicts the directory");
  return at + kLocalSize + name_size + extra_size;
}

void check_ranges(const ByteSource& source, std::vector<ZipEntry> entries) {
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].header < entries[i - 1].offset + entries[i - 1].size)
      refuse(source, entries[i].offset,
             "the entries '" + entries[i - 1].name + "' and '" + entries[i].name + "' overlap");
  std::sort(entries.begin(), entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].name == entries[i - 1].name)
      refuse(source, entries[i].offset, "the entry '" + entries[i].name + "' stands twice");
}

constexpr std::array<std::array<uint32_t, 256>, 8> make_tables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0xEDB88320u : 0u);
    tables[0][i] = value;
  }
  for (size_t t = 1; t < 8; ++t)
    for (size_t i = 0; i < 256; ++i)
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xFF];
  return tables;
}
constexpr std::array<std::array<uint32_t, 256>, 8> kTables = make_tables();

}  // namespace

// Eight bytes a step with eight tables ("slicing by 8", Kounavis and Berry 2005).
uint32_t crc32(std::span<const char> bytes, uint32_t crc) {
  crc = ~crc;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const uint32_t low = load_little<uint32_t>(&bytes[i]) ^ crc;
    const uint32_t high = load_little<uint32_t>(&bytes[i + 4]);
    crc = kTables[7][low & 0xFF] ^ kTables[6][(low >> 8) & 0xFF] ^ kTables[5][(low >> 16) & 0xFF] ^
          kTables[4][low >> 24] ^ kTables[3][high & 0xFF] ^ kTables[2][(high >> 8) & 0xFF] ^
          kTables[1][(high >> 16) & 0xFF] ^ kTables[0][high >> 24];
  }
  for (; i < bytes.size(); ++i)
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(bytes[i])) & 0xFF];
  return ~crc;
}

bool looks_like_zip(const ByteSource& source) {
  return source.size() >= 4 && load_little<uint32_t>(source.bytes(0, 4).data()) == kLocal;
}

std::vector<ZipEntry> read_zip_directory(const ByteSource& source) {
  const Directory directory = find_directory(source);
  if (directory.offset > directory.limit || directory.size != directory.limit - directory.offset)
    refuse(source, directory.limit, "the directory does not fill the space before the end record");
  if (directory.entries > kMaxZipEntries || directory.entries > directory.size / kCentralSize)
    refuse(source, directory.limit,
           str("the directory has ", directory.size, " bytes for ", directory.entries, " entries"));
  const std::vector<char> bytes = source.bytes(directory.offset, directory.size);
  std::vector<ZipEntry> entries;
  size_t i = 0;
  for (uint64_t n = 0; n < directory.entries; ++n) {
    const uint64_t at = directory.offset + i;
    if (bytes.size() - i < kCentralSize || load_little<uint32_t>(&bytes[i]) != kCentral)
      refuse(source, at, str("entry ", n, " of the directory is damaged"));
    const char* head = &bytes[i];
    const size_t name_size = load_little<uint16_t>(head + 28);
    const size_t extra_size = load_little<uint16_t>(head + 30);
    const size_t comment_size = load_little<uint16_t>(head + 32);
    i += kCentralSize;
    if (bytes.size() - i < name_size + extra_size + comment_size)
      refuse(source, at, str("entry ", n, " of the directory is cut short"));
    ZipEntry entry{std::string(head + kCentralSize, name_size), 0, 0,
                   load_little<uint32_t>(head + 24), load_little<uint32_t>(head + 16)};
    check_name(source, at, entry.name);
    const uint16_t flags = load_little<uint16_t>(head + 8);
    const uint16_t method = load_little<uint16_t>(head + 10);
    if ((flags & ~(kDescriptorFlag | kUtf8Flag)) != 0)
      refuse(source, at, str("the entry '", entry.name, "' has the flags ", flags));
    if (method != 0)
      refuse(source, at, str("the entry '", entry.name, "' is compressed (method ", method, ")"),
             "torch.save stores its entries; unpack and store them without compression");
    uint64_t packed = load_little<uint32_t>(head + 20);
    uint64_t local = load_little<uint32_t>(head + 42);
    read_extra64(source, at, std::span(bytes).subspan(i + name_size, extra_size),
                 {&entry.size, &packed, &local});
    if (packed != entry.size)
      refuse(source, at,
             str("the entry '", entry.name, "' has two sizes, ", packed, " and ", entry.size,
                 ", though it is not compressed"));
    entry.header = local;
    entry.offset = data_offset(source, local, entry.name, directory.offset);
    if (entry.size > directory.offset - entry.offset)
      refuse(
          source, at,
          str("the entry '", entry.name, "' of ", entry.size, " bytes reaches into the directory"));
    entries.push_back(std::move(entry));
    i += name_size + extra_size + comment_size;
  }
  if (i != bytes.size())
    refuse(source, directory.offset + i, "there are bytes between the directory and its end");
  std::sort(entries.begin(), entries.end(), [](const ZipEntry& a, const ZipEntry& b) {
    return std::pair(a.offset, a.size) < std::pair(b.offset, b.size);
  });
  check_ranges(source, entries);
  return entries;
}

void check_zip_entry(const ByteSource& source, const ZipEntry& entry) {
  std::vector<char> buffer(std::min<uint64_t>(entry.size, 1 << 20));
  uint32_t crc = 0;
  for (uint64_t done = 0; done < entry.size;) {
    const std::span<char> piece(buffer.data(),
                                std::min<uint64_t>(buffer.size(), entry.size - done));
    source.read(entry.offset + done, piece);
    crc = crc32(piece, crc);
    done += piece.size();
  }
  if (crc != entry.crc)
    refuse(source, entry.offset,
           str("the checksum of '", entry.name, "' is ", std::hex, crc, " and not ", entry.crc,
               std::dec),
           "the file is damaged: copy or download it again");
}

}  // namespace medley::models
