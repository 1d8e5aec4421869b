// Constants of a device: made once, and there while a graph is captured.
#include "core/constant.h"

#include "core/cuda/graph.h"
#include "core/error.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

TEST_CASE(
    "constants: the same numbers are the same memory, other numbers, types or shapes are not") {
  if (no_device()) return;
  const std::vector<int32_t> values = {5, 1, 5, 9};
  const Tensor first = constant_indices(values, kCuda);
  CHECK(first.to_vector<int32_t>() == values);
  CHECK(constant_indices(values, kCuda).raw() == first.raw());
  const Tensor square = constant(values, {2, 2}, kCuda);
  CHECK(square.shape() == Shape{2, 2});
  CHECK(square.raw() == first.raw());
  CHECK(constant_indices({5, 1, 5}, kCuda).raw() != first.raw());
  CHECK(constant(std::vector<float>{0}, {}, kCuda).to_vector<float>() == std::vector<float>{0});
  CHECK(constant_indices({0}, kCuda).to_vector<int32_t>() == std::vector<int32_t>{0});
  CHECK(constant_indices({}, kCuda).elements() == 0);
  CHECK(constant_indices(values, {}).device() == Device{});
}

TEST_CASE("constants: one that is there can be captured, a new one cannot") {
  if (no_device()) return;
  const Tensor y = Tensor::zeros({2}, DType::i32, kCuda);
  constant_indices({77, 78}, kCuda);
  cuda::Graph graph(kCuda);
  graph.capture([&] { y.copy_from(constant_indices({77, 78}, kCuda)); });
  graph.launch();
  CHECK(y.to_vector<int32_t>() == std::vector<int32_t>{77, 78});
  CHECK_THROWS_AS(graph.capture([] { constant_indices({77, 79}, kCuda); }), DeviceError);
  CHECK(constant_indices({77, 79}, kCuda).to_vector<int32_t>() == std::vector<int32_t>{77, 79});
}
