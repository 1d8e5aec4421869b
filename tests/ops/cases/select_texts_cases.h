// Texts that are picked in the tests.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct SelectTextsCase {
  std::vector<int32_t> lengths, source;
  bool bounded = false;  // rows for `longest` tokens a text, the rest padding
};

inline std::vector<SelectTextsCase> select_texts_cases() {
  std::vector<SelectTextsCase> cases = {{{3}, {0}},
                                        {{3, 4}, {}},
                                        {{3, 4}, {1, 1, 0}},
                                        {{2, 5, 1}, {2, 2, 2, 0}, true},
                                        {{7, 7}, {1, 0}, true}};
  SelectTextsCase many;
  for (int32_t i = 0; i < 300; ++i) {
    many.lengths.push_back(1 + i * i % 29);
    many.source.push_back((i * 7 + 3) % 300);
  }
  cases.push_back(many);
  many.bounded = true;
  cases.push_back(many);
  return cases;
}

}  // namespace medley::cases
