// Annotation list and tar as a data set. Decoded pictures stay in memory up to a limit: picturebook
// fits whole, and is then decoded once a run instead of once an epoch.
#include <atomic>
#include <unordered_map>

#include "core/error.h"
#include "core/str.h"
#include "train/data/annotations.h"
#include "train/data/dataset.h"
#include "train/data/decode.h"
#include "train/data/tar.h"

namespace medley::train {
namespace {

constexpr size_t kCacheBytes = size_t{512} << 20;

// Slots are filled once and then only read. Which pictures come to be kept depends on threads; what
// they look like does not.
class PictureCache {
 public:
  explicit PictureCache(size_t count) : slots_(count) {}
  ~PictureCache() {
    for (auto& slot : slots_) delete slot.load();
  }
  PictureCache(const PictureCache&) = delete;
  PictureCache& operator=(const PictureCache&) = delete;

  // Null where none is kept.
  std::shared_ptr<const Image> find(size_t index) const {
    const Kept* kept = slots_[index].load(std::memory_order_acquire);
    return kept ? *kept : nullptr;
  }
  void keep(size_t index, const std::shared_ptr<const Image>& image) {
    const size_t bytes = image->rgb.size();
    if (used_.fetch_add(bytes) + bytes > kCacheBytes) {
      used_.fetch_sub(bytes);
      return;
    }
    auto kept = std::make_unique<Kept>(image);
    const Kept* expected = nullptr;
    if (slots_[index].compare_exchange_strong(expected, kept.get()))
      kept.release();
    else
      used_.fetch_sub(bytes);
  }

 private:
  using Kept = const std::shared_ptr<const Image>;
  std::vector<std::atomic<const Kept*>> slots_;
  std::atomic<size_t> used_{0};
};

class JsonTar : public Dataset {
 public:
  JsonTar(const std::string& json_path, const std::string& tar_path)
      : path_(json_path), rows_(read_annotations(json_path)), tar_(tar_path), cache_(rows_.size()) {
    if (rows_.empty()) throw DataError(str("[annotations] ", path_, " has no rows"));
    std::unordered_map<std::string, int64_t> numbers;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!tar_.contains(rows_[i].image))
        throw DataError(str("[annotations] ", path_, ", row ", i, ", field 'image': ", tar_path,
                            " has no '", rows_[i].image, "'"));
      const auto [found, is_new] = numbers.emplace(rows_[i].image, pictures());
      if (is_new) first_row_.push_back(i);
      picture_of_.push_back(found->second);
    }
  }

  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }

  Row row(int64_t index) const override {
    const Annotation& found = at(index);
    Row row;
    row.text = found.caption;
    row.references = found.references;
    row.pictures = {picture_of_[static_cast<size_t>(index)]};
    return row;
  }

  int64_t pictures() const override { return static_cast<int64_t>(first_row_.size()); }

  std::string picture_name(int64_t number) const override { return rows_[first_row(number)].image; }

  std::shared_ptr<const Image> picture(int64_t number) const override {
    const size_t row = first_row(number);
    const auto index = static_cast<size_t>(number);
    if (std::shared_ptr<const Image> kept = cache_.find(index)) return kept;
    const std::string& name = rows_[row].image;
    const auto image = std::make_shared<const Image>(decode_image(
        tar_.read(name), str("'", name, "' of ", tar_.path(), " (", path_, ", row ", row, ")")));
    cache_.keep(index, image);
    return image;
  }

 private:
  const Annotation& at(int64_t index) const {
    if (index < 0 || index >= size())
      throw ValueError(str("[annotations] row ", index, " of ", size(), " in ", path_));
    return rows_[static_cast<size_t>(index)];
  }

  size_t first_row(int64_t picture) const {
    if (picture < 0 || picture >= pictures())
      throw ValueError(str("[annotations] picture ", picture, " of ", pictures(), " in ", path_));
    return first_row_[static_cast<size_t>(picture)];
  }

  std::string path_;
  std::vector<Annotation> rows_;
  std::vector<int64_t> picture_of_;  // of a row
  std::vector<size_t> first_row_;    // of a picture
  TarFile tar_;
  mutable PictureCache cache_;
};

}  // namespace

std::unique_ptr<Dataset> open_json_tar(const std::string& json_path, const std::string& tar_path) {
  return std::make_unique<JsonTar>(json_path, tar_path);
}

}  // namespace medley::train
