// Names become numbers: each picture has one, in the order in which rows name them; a video has one
// for each frame.
#include "train/data/row_dataset.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

constexpr size_t kCacheBytes = size_t{512} << 20;
constexpr size_t kAnimations = 4;  // kept decoded: the frames of one are asked for together

// Slots are filled once and then only read; without slots nothing is kept. Which pictures come to
// be kept depends on threads; what they look like does not.
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
    if (slots_.empty()) return nullptr;
    const Kept* kept = slots_[index].load(std::memory_order_acquire);
    return kept ? *kept : nullptr;
  }
  void keep(size_t index, const std::shared_ptr<const Image>& image) {
    if (slots_.empty()) return;
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

// The animations that were decoded last.
class AnimationCache {
 public:
  using Frames = std::shared_ptr<const std::vector<Image>>;

  template <class Decode>
  Frames get(const std::string& name, const Decode& decode) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [kept, frames] : kept_)
        if (kept == name) return frames;
    }
    auto frames = std::make_shared<const std::vector<Image>>(decode());
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(name, frames);
    if (kept_.size() > kAnimations) kept_.pop_back();
    return frames;
  }

 private:
  std::mutex mutex_;
  std::list<std::pair<std::string, Frames>> kept_;
};

struct Picture {
  std::string name;    // as the form has it
  int64_t frame = -1;  // of an animation
  int64_t entry = 0;   // the first that names it
};

// The pictures that rows name, numbered as they come.
class Numbering {
 public:
  Numbering(const NamedRows& rows, const PictureFiles& files, const std::string& prefix,
            const DataOptions& options, Findings& findings)
      : rows_(rows),
        files_(files),
        prefix_(prefix),
        keep_missing_(options.keep_missing || options.keep_bad_rows),
        animations_(options.animations),
        findings_(findings) {}

  // Empty: the picture is not there.
  const std::vector<int64_t>& numbers(const std::string& name, int64_t entry) {
    const auto [known, is_new] = numbers_.try_emplace(name);
    if (is_new) known->second = find(name, entry);
    return known->second;
  }
  std::vector<Picture> take() { return std::move(pictures_); }

 private:
  int64_t add(std::string name, int64_t entry, int64_t frame = -1) {
    pictures_.push_back({std::move(name), frame, entry});
    return static_cast<int64_t>(pictures_.size()) - 1;
  }

  std::vector<int64_t> find(const std::string& name, int64_t entry) {
    for (const char* end : {"", ".gif", ".webp"})
      if (files_.contains(prefix_ + name + end)) return add_file(name + end, entry);
    std::vector<int64_t> numbers;
    if (!has_picture_name(name))
      for (const std::string& frame : files_.frames(prefix_ + name))
        numbers.push_back(add(frame.substr(prefix_.size()), entry));
    if (!numbers.empty()) return numbers;
    if (keep_missing_) return {add(name, entry)};
    findings_.add("pictures that are not there",
                  DataError(str("[data] ", rows_.place(entry), ", field '", rows_.image,
                                "': ", files_.path(), " has no '", prefix_, name, "'"),
                            "`medley data check` lists all that are not there"));
    return {};
  }

  std::vector<int64_t> add_file(const std::string& name, int64_t entry) {
    if (files_.ambiguous(prefix_ + name)) {
      findings_.add("pictures of one name",
                    DataError(str("[data] ", rows_.place(entry), ", field '", rows_.image,
                                  "': ", files_.path(), " has two files '", prefix_, name, "'"),
                              "give each picture a name of its own"));
      return {};
    }
    const int64_t frames = frames_of(name);
    if (frames <= 1) return {add(name, entry)};
    std::vector<int64_t> numbers;
    for (int64_t frame = 0; frame < frames; ++frame) numbers.push_back(add(name, entry, frame));
    return numbers;
  }

  // A file that is damaged counts as one picture: decoding it will say what is wrong.
  int64_t frames_of(const std::string& name) const {
    constexpr uint64_t kStart = 32;  // bytes of a WebP up to its animation flag
    const bool gif = name.ends_with(".gif") || name.ends_with(".GIF");
    if (!animations_ || (!gif && !name.ends_with(".webp"))) return 1;
    try {
      const std::vector<uint8_t> start = files_.read(prefix_ + name, kStart);
      const bool animated_webp = start.size() > 20 && start[15] == 'X' && (start[20] & 2);
      if (!gif && !animated_webp) return 1;
      return count_frames(files_.read(prefix_ + name), name);
    } catch (const DataError&) {
      return 1;
    }
  }

  const NamedRows& rows_;
  const PictureFiles& files_;
  const std::string& prefix_;
  bool keep_missing_, animations_;
  Findings& findings_;
  std::unordered_map<std::string, std::vector<int64_t>> numbers_;
  std::vector<Picture> pictures_;
};

class RowDataset : public Dataset {
 public:
  // `form` says what the rows are and where they come from.
  RowDataset(NamedRows form, PackedRows rows, std::vector<Picture> pictures,
             std::unique_ptr<PictureFiles> files, const std::string& prefix,
             const DataOptions& options)
      : form_(std::move(form)),
        rows_(std::move(rows)),
        pictures_(std::move(pictures)),
        files_(std::move(files)),
        prefix_(prefix),
        options_(options.pictures),
        warnings_(options.findings != nullptr),
        cache_(options.keep_pictures ? pictures_.size() : 0) {}

  RowKind kind() const override { return form_.kind; }
  int64_t size() const override { return rows_.size(); }
  int64_t pictures() const override { return static_cast<int64_t>(pictures_.size()); }

  Row row(int64_t index) const override {
    if (index < 0 || index >= size())
      throw ValueError(str("[data] row ", index, " of ", size(), " in ", form_.path));
    return rows_.at(index);
  }

  std::string picture_name(int64_t number) const override {
    const Picture& picture = at(number);
    return picture.frame < 0 ? picture.name : str(picture.name, "#", picture.frame);
  }

  std::shared_ptr<const Image> picture(int64_t number) const override {
    const Picture& picture = at(number);
    const auto index = static_cast<size_t>(number);
    if (std::shared_ptr<const Image> kept = cache_.find(index)) return kept;
    const std::string source =
        str("'", picture.name, "' of ", files_->path(), " (", form_.place(picture.entry), ")");
    if (picture.frame >= 0) {
      const auto frames = animations_.get(picture.name, [&] {
        return decode_frames(files_->read(prefix_ + picture.name), source);
      });
      return {frames, &frames->at(static_cast<size_t>(picture.frame))};
    }
    const auto image = std::make_shared<const Image>(
        decode_image(files_->read(prefix_ + picture.name), source, options_));
    warnings_.tell(*image, source);
    cache_.keep(index, image);
    return image;
  }

  uint64_t checksum() const override {
    Checksum sum;
    sum.add_number(Dataset::checksum());
    sum.add_number(files_->checksum());
    return sum.value();
  }

  std::vector<uint8_t> picture_bytes(int64_t number) const override {
    const Picture& picture = at(number);
    if (picture.frame >= 0) return {};
    return files_->read(prefix_ + picture.name);
  }

 private:
  const Picture& at(int64_t number) const {
    if (number < 0 || number >= pictures())
      throw ValueError(str("[data] picture ", number, " of ", pictures(), " in ", form_.path));
    return pictures_[static_cast<size_t>(number)];
  }

  NamedRows form_;
  PackedRows rows_;
  std::vector<Picture> pictures_;
  std::unique_ptr<PictureFiles> files_;
  std::string prefix_;
  PictureOptions options_;
  mutable NoteWarnings warnings_;
  mutable PictureCache cache_;
  mutable AnimationCache animations_;
};

}  // namespace

std::unique_ptr<Dataset> make_row_dataset(NamedRows rows, std::unique_ptr<PictureFiles> files,
                                          const std::string& prefix, const DataOptions& options,
                                          Findings& findings) {
  Numbering numbering(rows, *files, prefix, options, findings);
  auto number_pictures = [&](NamedRow& row) {
    for (const std::string& name : row.pictures) {
      const std::vector<int64_t>& numbers = numbering.numbers(name, row.number);
      if (numbers.empty()) return false;
      row.row.pictures.insert(row.row.pictures.end(), numbers.begin(), numbers.end());
    }
    return true;
  };
  PackedRows packed;
  for (; !rows.rows.empty(); rows.rows.pop_front())
    if (NamedRow& row = rows.rows.front(); number_pictures(row)) packed.add(row.row);
  return std::make_unique<RowDataset>(std::move(rows), std::move(packed), numbering.take(),
                                      std::move(files), prefix, options);
}

}  // namespace medley::train
