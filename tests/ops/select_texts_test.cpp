// Texts picked by index, against a list of lists.
#include "tests/catch.h"
#include "tests/ops/select_texts_problem.h"

namespace medley::tests {
namespace {

TEST_CASE("select_texts: picked texts, then padding", "[select_texts]") {
  for (const cases::SelectTextsCase& c : cases::select_texts_cases()) {
    const SelectTextsProblem problem(c);
    const SelectTextsResult result = select_on_host(problem);
    std::vector<int32_t> ids, first;
    for (const int32_t i : problem.source) {
      const auto begin = problem.ids.begin() + problem.cu[static_cast<size_t>(i)];
      first.push_back(static_cast<int32_t>(ids.size()));
      ids.push_back(problem.args.first_token);
      ids.insert(ids.end(), begin + 1, begin + c.lengths[static_cast<size_t>(i)]);
    }
    ids.resize(static_cast<size_t>(problem.args.rows), 0);
    CHECK(result.ids == ids);
    CHECK(result.first == first);
    CHECK(result.cu.front() == 0);
    CHECK(result.cu.back() == problem.args.rows);
    for (size_t i = 0; i + 1 < result.cu.size(); ++i) {
      CHECK(result.cu[i + 1] - result.cu[i] <= problem.args.longest);
      CHECK(result.ends[i] == problem.args.rows_before + result.cu[i + 1]);
      for (int32_t row = result.cu[i]; row < result.cu[i + 1]; ++row)
        CHECK(result.positions[static_cast<size_t>(row)] == row - result.cu[i]);
    }
  }
}

}  // namespace
}  // namespace medley::tests
