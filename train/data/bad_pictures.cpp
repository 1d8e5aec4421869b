// The rows after a bad one are tried in turn.
#include "train/data/bad_pictures.h"

#include "core/error.h"
#include "core/str.h"

namespace medley::train {

const Image& DecodedRow::picture(int64_t number) const {
  for (size_t i = 0; i < row.pictures.size(); ++i)
    if (row.pictures[i] == number) return *pictures[i];
  throw ValueError(str("[data] picture ", number, " is not in row ", index));
}

double default_max_bad(const Dataset& data) { return data.shards().size() > 1 ? 0.01 : 0; }

BadPictures::BadPictures(const Dataset& data, double max_bad)
    : data_(data),
      // What is a whole number but for rounding is one.
      limit_(static_cast<int64_t>(
          max_bad < 1 ? max_bad * static_cast<double>(data.pictures()) + 1e-6 : max_bad)) {
  if (!(max_bad >= 0))
    throw ConfigError(str("data.max_bad is ", max_bad, " but must be 0 or more"));
}

DecodedRow BadPictures::get(int64_t index) {
  DecodedRow decoded;
  for (int64_t tried = 0; tried < data_.size(); ++tried) {
    decoded.index = (index + tried) % data_.size();
    int64_t number = -1 - decoded.index;
    try {
      decoded.row = data_.row(decoded.index);
      require_pictures(decoded);
      decoded.pictures.clear();
      for (const int64_t picture : decoded.row.pictures)
        decoded.pictures.push_back(data_.picture(number = picture));
      return decoded;
    } catch (const DataError& error) {
      if (limit_ == 0) throw;
      note(number, error.what());
    }
  }
  throw DataError("[data] no picture of the data set can be decoded");
}

void BadPictures::require_pictures(const DecodedRow& decoded) const {
  const size_t wanted = data_.kind() == RowKind::comparisons ? 2 : 1;
  const std::vector<int64_t>& pictures = decoded.row.pictures;
  if (pictures.size() != wanted)
    throw DataError(str("[data] row ", decoded.index, ", '", data_.picture_name(pictures.at(0)),
                        "', shows ", pictures.size(), " pictures and not ", wanted),
                    "models are trained on pictures: save one of the frames of a video");
}

void BadPictures::note(int64_t number, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  found_.emplace(number, reason);
  if (static_cast<int64_t>(found_.size()) > limit_)
    throw DataError(str(found_.size(), " pictures do not decode, but data.max_bad allows ", limit_,
                        " of ", data_.pictures(), ". The last one: ", reason),
                    "`medley data check` lists them all");
}

std::map<int64_t, std::string> BadPictures::found() const {
  const std::lock_guard lock(mutex_);
  return found_;
}

}  // namespace medley::train
