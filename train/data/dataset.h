// Where pictures and texts come from. A data set is rows of text that name pictures by number. It
// is random access and pure: row i and picture p are always the same, on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace medley::train {

// 8-bit RGB, rows from the top.
struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  // [height, width, 3]
  // What a person should know about how it was decoded: texts of decode.h. Mostly none.
  std::vector<std::string_view> notes{};
};

struct Answer {
  std::string text;
  double weight = 1;  // share of the people who gave it
};

// Captions, questions about a picture, or sentences about two pictures (NLVR2).
enum class RowKind { captions, questions, comparisons };

struct Row {
  std::string text;                     // as written; clean_caption() before use
  std::vector<std::string> references;  // captions: further texts that are right for the picture
  std::vector<Answer> answers;          // questions: distinct ones; empty: not known
  std::optional<bool> truth;            // comparisons; empty: not known
  std::vector<int64_t> pictures;        // one; left and right; the frames of a video in order
  std::string id;                       // image_id or question_id of the source; "": it has none
  std::string error;  // why there is no text, or no picture: of data that keeps bad rows
};

// A picture with five captions is five rows with one picture number: training draws rows,
// evaluation takes each picture once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual RowKind kind() const { return RowKind::captions; }
  virtual int64_t size() const = 0;  // rows
  // Without decoding a picture. Throws ValueError for an index that is not there.
  virtual Row row(int64_t index) const = 0;
  virtual int64_t pictures() const = 0;  // different ones
  // Throws DataError that names the picture when it is bad. A data set may keep it.
  virtual std::shared_ptr<const Image> picture(int64_t number) const = 0;
  virtual std::string picture_name(int64_t number) const = 0;  // "noto/1f600.png", "test_seen/12"
  // The bytes of the picture's file, of whatever format. A picture that has no file of its own
  // has none: a frame of an animation, a composed scene.
  virtual std::vector<uint8_t> picture_bytes(int64_t) const { return {}; }
  // Rows of each part that is read at a stretch, such as a shard; they follow one another.
  virtual std::vector<int64_t> shards() const { return {size()}; }
  // Of the rows and the names of their pictures, and of an archive's index, with the sizes of its
  // files; pixels do not count. Where the data lie does not count, either.
  virtual uint64_t checksum() const;
};

// {"rows", "pictures", "checksum"}: what a checkpoint keeps of the data, so that a run does not go
// on with others unseen.
Json identity_of(const Dataset& data);

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
