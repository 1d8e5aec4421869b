// XXH3 of bytes and files.
#include "train/io/checksum.h"

#include <xxhash.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "core/error.h"

namespace medley::train {

struct Checksum::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

Checksum::Checksum() : state_(std::make_unique<State>()) { XXH3_64bits_reset(state_->xxh); }
Checksum::~Checksum() = default;

void Checksum::add(std::span<const char> bytes) {
  XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size());
}

uint64_t Checksum::value() const { return XXH3_64bits_digest(state_->xxh); }

std::string Checksum::hex() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value()));
  return text;
}

std::string file_checksum(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError("cannot open " + path);
  Checksum sum;
  std::vector<char> block(1 << 20);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    sum.add({block.data(), static_cast<size_t>(file.gcount())});
  }
  if (file.bad()) throw IoError("cannot read " + path);
  return sum.hex();
}

}  // namespace medley::train
