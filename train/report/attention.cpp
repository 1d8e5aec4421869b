// Averages the pieces of words; lays veils over pictures.
#include "train/report/attention.h"

#include <algorithm>
#include <cmath>

#include "train/data/resize.h"
#include "train/report/letters.h"

namespace medley::train {
namespace {

constexpr int64_t kTile = 160, kGap = 8;  // pixels
constexpr int64_t kStripHeight = kTile + 3 * kGap + kLabelHeight;
constexpr float kVeilColour[] = {14, 18, 34};

// Linear between the middles of the four nearest of side x side patches; x and y in tiles.
float between_patches(const std::vector<float>& values, int64_t side, float x, float y) {
  const auto last = static_cast<float>(side - 1);
  x = std::clamp(x * static_cast<float>(side) - 0.5F, 0.0F, last);
  y = std::clamp(y * static_cast<float>(side) - 0.5F, 0.0F, last);
  const auto left = static_cast<int64_t>(x), top = static_cast<int64_t>(y);
  const int64_t right = std::min(left + 1, side - 1), bottom = std::min(top + 1, side - 1);
  const auto at = [&](int64_t row, int64_t column) {
    return values[static_cast<size_t>(row * side + column)];
  };
  const float part = x - static_cast<float>(left);
  return std::lerp(std::lerp(at(top, left), at(top, right), part),
                   std::lerp(at(bottom, left), at(bottom, right), part),
                   y - static_cast<float>(top));
}

void put_tile(Image& strip, int64_t index, const Image& tile, const std::vector<float>& dark,
              int64_t side) {
  const int64_t left = kGap + index * (kTile + kGap);
  for (int64_t y = 0; y < kTile; ++y)
    for (int64_t x = 0; x < kTile; ++x) {
      const auto middle = [](int64_t at) {
        return (static_cast<float>(at) + 0.5F) / static_cast<float>(kTile);
      };
      const float part = dark.empty() ? 0 : between_patches(dark, side, middle(x), middle(y));
      for (int64_t c = 0; c < 3; ++c) {
        const auto from =
            static_cast<float>(tile.rgb[static_cast<size_t>((y * kTile + x) * 3 + c)]);
        strip.rgb[static_cast<size_t>(((kGap + y) * strip.width + left + x) * 3 + c)] =
            static_cast<uint8_t>(std::lround(std::lerp(from, kVeilColour[c], part)));
      }
    }
}

}  // namespace

std::vector<AttendedWord> attended_words(const models::Tokenizer& tokenizer,
                                         const std::vector<int32_t>& caption,
                                         const Tensor& attention) {
  std::vector<double> values = attention.to(DType::f64).to_vector<double>();
  auto patches = static_cast<size_t>(attention.size(1)) - 1;
  std::vector<AttendedWord> words;
  float pieces = 0;
  for (size_t i = 0; i < caption.size(); ++i) {
    std::string piece = tokenizer.vocabulary()[static_cast<size_t>(caption[i])];
    bool goes_on = piece.starts_with("##") && !words.empty();
    if (!goes_on) {
      words.push_back({"", std::vector<float>(patches)});
      pieces = 0;
    }
    AttendedWord& word = words.back();
    word.word += goes_on ? piece.substr(2) : piece;
    for (size_t p = 0; p < patches; ++p) {
      auto value = static_cast<float>(values[i * (patches + 1) + 1 + p]);
      word.heat[p] = (word.heat[p] * pieces + value) / (pieces + 1);
    }
    ++pieces;
  }
  return words;
}

std::vector<AttendedWord> attended_words(const models::Blip& model,
                                         const models::Tokenizer& tokenizer,
                                         const Tensor& image_tokens, const std::string& prompt,
                                         const std::vector<int32_t>& caption) {
  std::vector<int32_t> read = tokenizer.encode(prompt);
  const auto given = static_cast<int64_t>(read.size());
  read.insert(read.end(), caption.begin(), caption.end());
  const Tensor attention = model.caption_attention(image_tokens, read);
  return attended_words(tokenizer, caption, attention.slice(0, given, attention.size(0)));
}

std::vector<float> veil(const std::vector<float>& heat) {
  const auto [low, high] = std::minmax_element(heat.begin(), heat.end());
  const float range = std::max(*high - *low, 1e-12F);
  std::vector<float> dark;
  for (const float value : heat) dark.push_back(0.86F * (1 - (value - *low) / range));
  return dark;
}

Image attention_strip(const Image& picture, const std::vector<AttendedWord>& words, int64_t side) {
  const auto tiles = static_cast<int64_t>(words.size()) + 1;
  Image strip{kGap + tiles * (kTile + kGap), kStripHeight, {}};
  strip.rgb.assign(static_cast<size_t>(3 * strip.width * strip.height), 255);
  const Image tile = resize_bicubic(picture, kTile, kTile);
  put_tile(strip, 0, tile, {}, side);
  for (int64_t i = 1; i < tiles; ++i) {
    const AttendedWord& word = words[static_cast<size_t>(i - 1)];
    put_tile(strip, i, tile, veil(word.heat), side);
    draw_label(strip, word.word, kGap + i * (kTile + kGap), kTile + 2 * kGap, kTile);
  }
  return strip;
}

}  // namespace medley::train
