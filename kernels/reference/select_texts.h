// Texts picked by index, one after the other.
#pragma once

#include <algorithm>

#include "kernels/select_texts.h"

namespace medley::kernels::reference {

inline void select_texts(const SelectTexts& args) {
  int64_t row = 0;
  for (int64_t i = 0; i < args.picked + args.padding; ++i) {
    const int32_t* text = i < args.picked ? args.ids + args.cu[args.source[i]] : nullptr;
    const int64_t length = text != nullptr ? args.cu[args.source[i] + 1] - args.cu[args.source[i]]
                                           : std::min(args.longest, args.rows - row);
    args.out_cu[i] = static_cast<int32_t>(row);
    if (text != nullptr) args.out_first[i] = static_cast<int32_t>(row);
    for (int64_t t = 0; t < length; ++t, ++row) {
      args.out_ids[row] = text == nullptr ? 0 : t == 0 ? args.first_token : text[t];
      args.out_positions[row] = static_cast<int32_t>(t);
    }
    if (args.out_ends != nullptr) args.out_ends[i] = static_cast<int32_t>(args.rows_before + row);
  }
  args.out_cu[args.picked + args.padding] = static_cast<int32_t>(row);
}

}  // namespace medley::kernels::reference
