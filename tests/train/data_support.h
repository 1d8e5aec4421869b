// What the tests of data share: golden pictures, tar archives made by hand, a data set of numbers.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "tests/catch.h"
#include "tests/train/temp_folder.h"
#include "train/data/dataset.h"

namespace medley::train {

inline const Json& data_goldens() {
  static const Json json = Json::read(MEDLEY_SOURCE_DIR "/tests/fixtures/data/goldens.json");
  return json;
}

inline std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline Image golden_image(const Json& value) {
  return {value.at("width").integer(), value.at("height").integer(),
          from_hex(value.at("rgb").text())};
}

inline bool same_image(const Image& a, const Image& b) {
  return a.width == b.width && a.height == b.height && a.rgb == b.rgb;
}

inline std::string picturebook() { return MEDLEY_SOURCE_DIR "/train/data/picturebook"; }

// The message of the error that f throws; "" when it throws none.
template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return {};
}

// One header block. `size` as the field's text, so that wrong ones can be made.
inline std::string tar_header(const std::string& name, const std::string& size, char type = '0',
                              const std::string& prefix = "", const std::string& link = "") {
  std::string block(512, '\0');
  auto put = [&](size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(124, size);
  put(148, "        ");
  block[156] = type;
  put(157, link);
  put(257, std::string("ustar\0"
                       "00",
                       8));
  put(345, prefix);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, digits);
  block[154] = '\0';
  return block;
}

inline std::string octal(size_t size) {
  char digits[12];
  std::snprintf(digits, sizeof digits, "%011o", static_cast<unsigned>(size));
  return digits;
}

inline std::string tar_member(const std::string& name, const std::string& data, char type = '0') {
  std::string padded = data;
  padded.resize((data.size() + 511) / 512 * 512, '\0');
  return tar_header(name, octal(data.size()), type) + padded;
}

inline std::string tar_link(const std::string& name, const std::string& link, char type) {
  return tar_header(name, octal(0), type, "", link);
}

inline std::string tar_end() { return std::string(1024, '\0'); }

// Row i is one grey picture of i, with the caption "picture i".
class NumberedPictures : public Dataset {
 public:
  explicit NumberedPictures(int64_t count, int64_t side = 4) : count_(count), side_(side) {}
  int64_t size() const override { return count_; }
  Row row(int64_t index) const override {
    Row row;
    row.text = str("Picture ", index % modulo_);
    row.references = {"another text"};
    row.pictures = {index};
    return row;
  }
  int64_t pictures() const override { return count_; }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    if (number == bad_) throw DataError("picture is damaged");
    const auto grey = static_cast<uint8_t>(number);
    return std::make_shared<const Image>(
        Image{side_, side_, std::vector<uint8_t>(static_cast<size_t>(side_ * side_ * 3), grey)});
  }
  std::string picture_name(int64_t number) const override { return str(number); }

  int64_t bad_ = -1;          // this picture throws
  int64_t modulo_ = 1 << 30;  // captions repeat after so many

 private:
  int64_t count_, side_;
};

}  // namespace medley::train
