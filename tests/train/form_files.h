// Data sets made by hand: pictures of one grey, lists, tar files.
#pragma once

#include <filesystem>
#include <memory>

#include "tests/train/data_support.h"
#include "train/data/encode_png.h"
#include "train/data/open.h"

namespace medley::train {

// A PNG of one pixel, which tells pictures apart by its grey.
inline std::string grey_png(int grey) {
  const auto value = static_cast<uint8_t>(grey);
  const std::vector<uint8_t> png = encode_png(1, 1, 3, std::vector<uint8_t>{value, value, value});
  return {png.begin(), png.end()};
}

class FormFiles {
 public:
  // Folders on the way to it are made.
  const FormFiles& file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    write_bytes(*this / name, text);
    return *this;
  }
  const FormFiles& picture(const std::string& name, int grey) const {
    return file(name, grey_png(grey));
  }
  std::string operator/(const std::string& name) const { return *folder_ / name; }

  OpenedData open(const std::string& name, DataOptions options = {}) const {
    return open_data(*this / name, options);
  }
  // "" when it opens.
  std::string refusal(const std::string& name, const DataOptions& options = {}) const {
    return message_of<Error>([&] { open(name, options); });
  }

 private:
  std::unique_ptr<TempFolder> folder_ = std::make_unique<TempFolder>();
};

inline int grey_of(const Dataset& data, int64_t picture) { return data.picture(picture)->rgb[0]; }

// The greys of a row's pictures.
inline std::vector<int> greys(const Dataset& data, int64_t row) {
  std::vector<int> greys;
  for (const int64_t picture : data.row(row).pictures) greys.push_back(grey_of(data, picture));
  return greys;
}

inline bool contains_all(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    if (text.find(part) == text.npos) {
      UNSCOPED_INFO("'" << part << "' is not in: " << text);
      return false;
    }
  return true;
}

}  // namespace medley::train
