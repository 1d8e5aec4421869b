// XXH3 of bytes and files.
#include "train/io/checksum.h"

#include <xxhash.h>

#include <cstdio>

#include "core/read_text.h"

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

void Checksum::add_text(std::string_view text) {
  add_number(text.size());
  add(text);
}

void Checksum::add_number(uint64_t number) {
  add({reinterpret_cast<const char*>(&number), sizeof number});
}

uint64_t Checksum::value() const { return XXH3_64bits_digest(state_->xxh); }

std::string Checksum::hex() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value()));
  return text;
}

std::string file_checksum(const std::string& path) {
  Checksum sum;
  read_blocks(path, [&](std::string_view block) { sum.add(block); });
  return sum.hex();
}

std::string text_checksum(std::string_view text) {
  Checksum sum;
  sum.add(text);
  return sum.hex();
}

}  // namespace medley::train
