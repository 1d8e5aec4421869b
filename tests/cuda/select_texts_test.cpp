// Texts picked by index on CUDA: the host's result, for every schedule; a source that is not there.
#include "core/cuda/fault.h"
#include "core/error.h"
#include "tests/cuda/support.h"
#include "tests/ops/select_texts_problem.h"

namespace medley::tests {
namespace {

SelectTextsResult on_device(const SelectTextsProblem& problem) {
  SelectTextsResult result(problem.args);
  const DeviceBuffer<int32_t> ids(problem.ids), cu(problem.cu), source(problem.source);
  DeviceBuffer<int32_t> out_ids(result.ids), positions(result.positions), out_cu(result.cu),
      first(result.first), ends(result.ends);
  kernels::SelectTexts args = problem.args;
  args.ids = ids.data();
  args.cu = cu.data();
  args.source = source.data();
  args.out_ids = out_ids.data();
  args.out_positions = positions.data();
  args.out_cu = out_cu.data();
  args.out_first = first.data();
  args.out_ends = ends.data();
  kernels::cuda::select_texts(args, stream());
  result.ids = out_ids.download();
  result.positions = positions.download();
  result.cu = out_cu.download();
  result.first = first.download();
  result.ends = ends.download();
  return result;
}

TEST_CASE("select_texts on CUDA", "[select_texts]") {
  if (no_device()) return;
  for (const cases::SelectTextsCase& c : cases::select_texts_cases()) {
    const SelectTextsProblem problem(c);
    const SelectTextsResult result = for_each_schedule([&] { return on_device(problem); });
    CHECK(result == select_on_host(problem));
  }
}

TEST_CASE("select_texts on CUDA: a text that is not there", "[select_texts]") {
  if (no_device()) return;
  SelectTextsProblem problem({{3, 4}, {1, 0}, true});
  problem.source[1] = 2;
  CHECK_THROWS_WITH(on_device(problem),
                    Catch::Contains("select_texts") && Catch::Contains("source"));
}

}  // namespace
}  // namespace medley::tests
