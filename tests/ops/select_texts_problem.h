// A case of select_texts with its tensors on the host: shared by the tests of all devices.
#pragma once

#include <algorithm>
#include <numeric>

#include "kernels/select_texts.h"
#include "tests/ops/cases/select_texts_cases.h"

namespace medley::tests {

struct SelectTextsProblem {
  explicit SelectTextsProblem(const cases::SelectTextsCase& c) : source(c.source) {
    cu.push_back(0);
    for (const int32_t length : c.lengths) cu.push_back(cu.back() + length);
    for (int32_t i = 0; i < cu.back(); ++i) ids.push_back(1000 + i);
    const int32_t longest = *std::max_element(c.lengths.begin(), c.lengths.end());
    const auto length = [&](int32_t i) { return c.lengths[static_cast<size_t>(i)]; };
    int64_t rows = 0;
    for (const int32_t i : source) rows += length(i);
    args.texts = static_cast<int64_t>(c.lengths.size());
    args.longest = longest;
    args.picked = static_cast<int64_t>(source.size());
    args.padding = c.bounded ? args.picked : 0;
    args.first_token = 5;
    args.rows = c.bounded ? args.picked * longest : rows;
    args.rows_before = 17;
  }

  kernels::SelectTexts args;  // without pointers
  std::vector<int32_t> ids, cu, source;
};

struct SelectTextsResult {
  explicit SelectTextsResult(const kernels::SelectTexts& args)
      : ids(static_cast<size_t>(args.rows), -1),
        positions(static_cast<size_t>(args.rows), -1),
        cu(static_cast<size_t>(args.picked + args.padding + 1), -1),
        first(static_cast<size_t>(args.picked), -1),
        ends(static_cast<size_t>(args.picked + args.padding), -1) {}
  bool operator==(const SelectTextsResult&) const = default;

  std::vector<int32_t> ids, positions, cu, first, ends;
};

inline SelectTextsResult select_on_host(const SelectTextsProblem& problem) {
  SelectTextsResult result(problem.args);
  kernels::SelectTexts args = problem.args;
  args.ids = problem.ids.data();
  args.cu = problem.cu.data();
  args.source = problem.source.data();
  args.out_ids = result.ids.data();
  args.out_positions = result.positions.data();
  args.out_cu = result.cu.data();
  args.out_first = result.first.data();
  args.out_ends = result.ends.data();
  kernels::cpu::select_texts(args);
  return result;
}

}  // namespace medley::tests
