// A tar after the other.
#include "train/data/shard_writer.h"

#include <cstdio>
#include <utility>

#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

std::string numbered(int64_t number, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*lld", digits, static_cast<long long>(number));
  return text;
}

}  // namespace

ShardWriter::ShardWriter(std::string folder, int64_t samples_per_shard)
    : folder_(std::move(folder)), samples_per_shard_(samples_per_shard) {}

void ShardWriter::add(std::span<const uint8_t> picture, const std::string& caption) {
  add(picture, ".txt", caption);
}

void ShardWriter::add(std::span<const uint8_t> picture, const Json& facts) {
  add(picture, ".json", facts.dump());
}

void ShardWriter::add(std::span<const uint8_t> picture, const char* ending,
                      const std::string& text) {
  if (in_shard_ == samples_per_shard_) end_shard();
  if (!tar_) tar_.emplace(str(folder_, "/shard-", numbered(shards_++, 5), ".tar"));
  const std::string key = numbered(samples_++, 9);
  tar_->add(key + picture_ending(picture), picture);
  tar_->add(key + ending, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  ++in_shard_;
}

void ShardWriter::end_shard() {
  if (tar_) tar_->close();
  tar_.reset();
  in_shard_ = 0;
}

}  // namespace medley::train
