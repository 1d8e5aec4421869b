// Where pictures and captions come from. A data set is random access and pure: sample i of a split
// is always the same, on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace medley::train {

// 8-bit RGB, rows from the top.
struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  // [height, width, 3]
};

struct Sample {
  Image image;
  std::string caption;                  // as written; clean_caption() before use
  std::vector<std::string> references;  // other texts that are right for the picture
  std::string name;                     // "noto/1f600.png", "test_seen/12"
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  // Throws DataError that names file and row when the picture or the row is bad.
  virtual Sample sample(int64_t index) const = 0;
  // The caption alone, without decoding the picture.
  virtual std::string caption(int64_t index) const = 0;
};

// BLIP annotation rows (JSON list of {"image", "caption", optional "references", "image_id", ...})
// and the pictures they name in a tar file. Throws IoError, DataError (file, row, field).
std::unique_ptr<Dataset> open_json_tar(const std::string& json_path, const std::string& tar_path);

// Picturebook scenes (docs/data.md): `folder` holds picturebook's images.tar and train.json.
// Splits: train, val, test_seen, test_pair, test_drawing. `count` scenes, each a function of (seed,
// split, index).
std::unique_ptr<Dataset> open_scenes(const std::string& folder, const std::string& split,
                                     int64_t count, int64_t side, uint64_t seed);

}  // namespace medley::train
