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
  std::shared_ptr<const Image> image;   // a data set may keep it
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

// How much each drawing of split `train` is changed before it is put into a scene; all zero: not at
// all. Names and relations stay true: a cat that looks the other way is a cat.
struct SceneJitter {
  double mirror = 0;    // probability of turning it left to right
  double turn = 0;      // largest angle, radians
  double size = 0;      // largest logarithm of the factor on its size
  double stretch = 0;   // the same for width / height
  double warp = 0;      // largest shift of the knots of an elastic net, in parts of the drawing
  double recolour = 0;  // 0 to 1: how far its inks are mixed and scaled
  double grey = 0;      // probability of ink without colour
  double outline = 0;   // probability of its edges alone, as a line drawing
  double blend = 0;     // probability of mixing it with the other artist's drawing
  bool any() const;
};

// Picturebook scenes (docs/data.md): `folder` holds picturebook's images.tar and train.json.
// Splits: train, val, test_seen, test_pair, test_drawing. `count` scenes, each a function of (seed,
// split, index).
std::unique_ptr<Dataset> open_scenes(const std::string& folder, const std::string& split,
                                     int64_t count, int64_t side, uint64_t seed,
                                     const SceneJitter& jitter = {});

}  // namespace medley::train
