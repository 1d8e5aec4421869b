// Writes WebDataset shards: shard-00000.tar, shard-00001.tar, ... of so many samples each. Keys are
// numbers that go through all of them. Equal samples give equal bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/json.h"
#include "train/data/tar_writer.h"

namespace medley::train {

class ShardWriter {
 public:
  ShardWriter(std::string folder, int64_t samples_per_shard);

  // Adds the bytes of a picture's file, with its caption as KEY.txt or all facts as KEY.json.
  void add(std::span<const uint8_t> picture, const std::string& caption);
  void add(std::span<const uint8_t> picture, const Json& facts);
  void end_shard();  // what follows is in the next one; after the last sample the end of all

 private:
  void add(std::span<const uint8_t> picture, const char* ending, const std::string& text);

  std::string folder_;
  int64_t samples_per_shard_;
  std::optional<TarWriter> tar_;
  int64_t samples_ = 0, in_shard_ = 0, shards_ = 0;
};

}  // namespace medley::train
