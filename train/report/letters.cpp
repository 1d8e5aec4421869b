// The letters, five by eight dots each, drawn twice as large.
#include "train/report/letters.h"

#include <algorithm>

namespace medley::train {
namespace {

constexpr int64_t kScale = 2, kRows = 8, kColumns = 5;
constexpr int64_t kAdvance = kScale * (kColumns + 1);
constexpr uint8_t kInk = 60;

struct Line {
  std::string_view letters;
  std::string_view rows[kRows];
};
// clang-format off
constexpr Line kLines[] = {
    {"abcdefghijklmn",
     {"..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#. #.... .##.. ..... .....",
      "..... #.... ..... ....# ..... .#... ..... #.... ..... ..... #.... ..#.. ..... .....",
      ".###. ####. .#### .#### .###. ####. .#### ####. .##.. ..##. #..#. ..#.. ##.#. ####.",
      "....# #...# #.... #...# #...# .#... #...# #...# ..#.. ...#. #.#.. ..#.. #.#.# #...#",
      ".#### #...# #.... #...# ##### .#... #...# #...# ..#.. ...#. ##... ..#.. #.#.# #...#",
      "#...# #...# #.... #...# #.... .#... .#### #...# ..#.. ...#. #.#.. ..#.. #.#.# #...#",
      ".#### ####. .#### .#### .#### .#... ....# #...# .###. #..#. #..#. .###. #.#.# #...#",
      "..... ..... ..... ..... ..... ..... .###. ..... ..... .##.. ..... ..... ..... ....."}},
    {"opqrstuvwxyz01",
     {"..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... .###. ..#..",
      "..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... #...# .##..",
      ".###. ####. .#### #.##. .#### ####. #...# #...# #...# #...# #...# ##### #..## ..#..",
      "#...# #...# #...# ##..# #.... .#... #...# #...# #.#.# .#.#. #...# ...#. #.#.# ..#..",
      "#...# #...# #...# #.... .###. .#... #...# #...# #.#.# ..#.. #...# ..#.. ##..# ..#..",
      "#...# ####. .#### #.... ....# .#... #...# .#.#. #.#.# .#.#. .#### .#... #...# ..#..",
      ".###. #.... ....# #.... ####. ..##. .#### ..#.. .#.#. #...# ....# ##### .###. .###.",
      "..... #.... ....# ..... ..... ..... ..... ..... ..... ..... .###. ..... ..... ....."}},
    {"23456789-'.,?",
     {".###. .###. ...#. ##### ..##. ##### .###. .###. ..... ..#.. ..... ..... .###.",
      "#...# #...# ..##. #.... .#... ....# #...# #...# ..... ..#.. ..... ..... #...#",
      "....# ....# .#.#. ####. #.... ...#. #...# #...# ..... ..... ..... ..... ....#",
      "..##. ..##. #..#. ....# ####. ..#.. .###. .#### ..... ..... ..... ..... ..##.",
      ".#... ....# ##### ....# #...# .#... #...# ....# .###. ..... ..... ..... ..#..",
      "#.... #...# ...#. #...# #...# .#... #...# ...#. ..... ..... ..... ..... .....",
      "##### .###. ...#. .###. .###. .#... .###. .##.. ..... ..... ..#.. ..#.. ..#..",
      "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .#... ....."}},
};
// clang-format on

bool dot(char letter, size_t row, size_t column) {
  for (const Line& line : kLines) {
    const size_t at = line.letters.find(letter);
    if (at != line.letters.npos) return line.rows[row][at * (kColumns + 1) + column] == '#';
  }
  return false;
}

}  // namespace

void draw_label(Image& picture, std::string_view text, int64_t left, int64_t top, int64_t width) {
  text = text.substr(0, static_cast<size_t>(std::max<int64_t>(0, width / kAdvance)));
  left += (width - static_cast<int64_t>(text.size()) * kAdvance) / 2;
  for (size_t i = 0; i < text.size(); ++i)
    for (int64_t y = 0; y < kScale * kRows; ++y)
      for (int64_t x = 0; x < kScale * kColumns; ++x) {
        if (!dot(text[i], static_cast<size_t>(y / kScale), static_cast<size_t>(x / kScale)))
          continue;
        const int64_t column = left + static_cast<int64_t>(i) * kAdvance + x;
        std::fill_n(picture.rgb.begin() + ((top + y) * picture.width + column) * 3, 3, kInk);
      }
}

}  // namespace medley::train
