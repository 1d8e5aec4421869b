// Tensor handles: sharing, views, versions, and the errors of each.
#include "core/tensor.h"

#include <numeric>

#include "core/allocator.h"
#include "core/cuda/device.h"
#include "core/cuda/graph.h"
#include "core/cuda/memory.h"
#include "core/error.h"
#include "tests/catch.h"

using namespace medley;

namespace {

Tensor counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  std::iota(values.begin(), values.end(), 0.0f);
  return Tensor::from(values, shape);
}

}  // namespace

TEST_CASE("copying a tensor copies the handle") {
  const Tensor a = Tensor::zeros({2, 3});
  const Tensor b = a;
  b.data<float>()[4] = 7;
  CHECK(a.to_vector<float>() == std::vector<float>{0, 0, 0, 0, 7, 0});
  CHECK(a.storage() == b.storage());
  CHECK(a.str() == "(2, 3) f32 cpu");
  CHECK(a.bytes() == 24);
}

TEST_CASE("an undefined tensor is refused in words") {
  const Tensor none;
  CHECK_FALSE(none.defined());
  CHECK(none.str() == "undefined");
  CHECK(none.version() == 0);
  CHECK_THROWS_AS(none.raw(), ValueError);
  CHECK_THROWS_AS(none.device(), ValueError);
}

TEST_CASE("data() checks the element type") {
  const Tensor t = Tensor::empty({4}, DType::i32);
  CHECK(t.data<int32_t>() != nullptr);
  CHECK_THROWS_AS(t.data<float>(), DtypeError);
  CHECK_THROWS_AS(t.to_vector<int64_t>(), DtypeError);
}

TEST_CASE("view keeps elements and wants contiguity") {
  const Tensor t = counting({2, 6});
  const Tensor v = t.view({3, 4});
  CHECK(v.data<float>() == t.data<float>());
  CHECK(v.shape() == Shape{3, 4});
  CHECK(counting({1}).view({}).rank() == 0);
  CHECK_THROWS_AS(t.view({5}), ShapeError);
  CHECK_THROWS_AS(t.transpose(0, 1).view({12}), ShapeError);
}

TEST_CASE("slice takes a part of one dimension") {
  const Tensor t = counting({3, 4});
  CHECK(t.slice(0, 1, 3).to_vector<float>() == std::vector<float>{4, 5, 6, 7, 8, 9, 10, 11});
  const Tensor columns = t.slice(-1, 1, 3);
  CHECK(columns.shape() == Shape{3, 2});
  CHECK(columns.offset() == 1);
  CHECK_FALSE(columns.is_contiguous());
  CHECK(columns.to_vector<float>() == std::vector<float>{1, 2, 5, 6, 9, 10});
  CHECK(columns.slice(0, 2, 3).to_vector<float>() == std::vector<float>{9, 10});
  CHECK(t.slice(0, 2, 2).elements() == 0);
  CHECK_THROWS_AS(t.slice(0, 2, 4), ShapeError);
  CHECK_THROWS_AS(t.slice(0, 2, 1), ShapeError);
  CHECK_THROWS_AS(t.slice(2, 0, 1), ShapeError);
}

TEST_CASE("transpose swaps strides") {
  const Tensor t = counting({2, 3});
  const Tensor u = t.transpose(0, -1);
  CHECK(u.shape() == Shape{3, 2});
  CHECK(u.storage() == t.storage());
  CHECK(u.to_vector<float>() == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(u.contiguous().storage() != t.storage());
  CHECK(t.contiguous().storage() == t.storage());
}

TEST_CASE("writes raise the version of every handle on the storage") {
  const Tensor t = counting({4});
  const Tensor part = t.slice(0, 0, 2);
  const uint64_t before = t.version();
  part.fill_zero();
  CHECK(t.version() == before + 1);
  CHECK(t.to_vector<float>() == std::vector<float>{0, 0, 2, 3});
  t.copy_from(counting({4}));
  CHECK(part.version() == before + 2);
  t.bump_version();
  CHECK(t.version() == before + 3);
}

TEST_CASE("item reads one element of any type") {
  CHECK(counting({3}).slice(0, 2, 3).item() == 2.0);
  CHECK(Tensor::from(std::vector<int64_t>{-5}, {}).item() == -5.0);
  CHECK(Tensor::from(std::vector<bf16>{bf16(1.5f)}, {1, 1}).item() == 1.5);
  CHECK_THROWS_AS(counting({2}).item(), ShapeError);
}

TEST_CASE("from wants as many values as the shape has") {
  CHECK_THROWS_AS(Tensor::from(std::vector<float>{1, 2, 3}, {2, 2}), ShapeError);
  CHECK(Tensor::from(std::vector<uint8_t>{}, {0, 3}).to_vector<uint8_t>().empty());
}

TEST_CASE("a Meta tensor has a shape and nothing else") {
  const Device meta{Device::Meta, 0};
  const Tensor t = Tensor::zeros({1 << 20, 1 << 20}, DType::f32, meta);
  CHECK(t.raw() == nullptr);
  CHECK(t.slice(0, 5, 10).transpose(0, 1).contiguous().shape() == Shape{1 << 20, 5});
  CHECK(t.to(DType::bf16).dtype() == DType::bf16);
  CHECK_THROWS_AS(t.to_vector<float>(), DeviceError);
  CHECK_THROWS_AS(t.to(Device{}), DeviceError);
  CHECK(counting({3}).to(meta).str() == "(3) f32 meta");
  CHECK_THROWS_AS(counting({1}).to(meta).item(), DeviceError);
}

TEST_CASE("a tensor on a GPU that is not there is refused in words") {
  const Device gpu{Device::Cuda, 127};
  CHECK_THROWS_AS(device_allocate(16, gpu), DeviceError);
  CHECK_THROWS_WITH(Tensor::empty({3}, DType::f32, gpu), Catch::Contains("no device cuda:127"));
  CHECK_THROWS_AS(counting({3}).to(gpu), DeviceError);
  CHECK(cuda::absence().empty() == (cuda::device_count() > 0));
  if (cuda::kBackend != cuda::Backend::none) return;
  CHECK_THROWS_WITH(cuda::require(gpu), Catch::Contains("medley was built without CUDA") &&
                                            Catch::Contains("hint: build with CUDA"));
  CHECK(cuda::choose_device("auto") == Device{});
  CHECK_THROWS_AS(cuda::choose_device("cuda"), DeviceError);
  CHECK_THROWS_AS(cuda::PinnedBuffer(100), DeviceError);
  CHECK_THROWS_AS(cuda::Graph({Device::Cuda, 0}), DeviceError);
}
