// Header blocks as POSIX.1-2017, pax, describes them; tar_header.cpp reads the same fields.
#include "train/data/tar_writer.h"

#include <cstdio>
#include <cstring>

#include "core/str.h"
#include "train/data/tar_header.h"

namespace medley::train {
namespace {

constexpr size_t kNameBytes = 100;

// Octal digits that fill a field of `width` bytes but the last, which is a NUL.
void put_number(std::string& block, size_t at, int width, uint64_t value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%0*llo", width - 1, static_cast<unsigned long long>(value));
  block.replace(at, static_cast<size_t>(width - 1), digits);
}

std::string header(const std::string& name, char type, uint64_t size) {
  std::string block(kTarBlock, '\0');
  block.replace(0, name.size(), name);
  put_number(block, 100, 8, 0644);   // mode
  put_number(block, 108, 8, 0);      // user
  put_number(block, 116, 8, 0);      // group
  put_number(block, 124, 12, size);  // a picture has less than the 8 GiB that fit here
  put_number(block, 136, 12, 0);     // time
  block.replace(148, 8, 8, ' ');     // the checksum counts its own bytes as spaces
  block[156] = type;
  block.replace(257, 8,
                std::string_view("ustar\0"
                                 "00",
                                 8));
  uint64_t sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  put_number(block, 148, 7, sum);
  block[154] = '\0';
  return block;
}

// "27 path=some/long/name\n": the number counts its own digits.
std::string path_record(const std::string& name) {
  const std::string rest = " path=" + name + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return str(length, rest);
}

}  // namespace

TarWriter::TarWriter(const std::string& path) : file_(path, OutputFile::Mode::create) {}

void TarWriter::write_member(const std::string& name, char type, std::string_view bytes) {
  std::string block = header(name, type, bytes.size());
  block += bytes;
  block.resize((block.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  file_.write(block);
}

void TarWriter::add(const std::string& name, std::span<const uint8_t> bytes) {
  if (name.size() > kNameBytes) write_member("pax_header", 'x', path_record(name));
  write_member(name.substr(0, kNameBytes), '0',
               {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void TarWriter::close() {
  file_.write(std::string(2 * kTarBlock, '\0'));
  file_.sync();
  file_.close();
}

}  // namespace medley::train
