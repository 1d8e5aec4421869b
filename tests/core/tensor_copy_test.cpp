// Copies over strides and conversions between element types, against plain index arithmetic.
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/tensor.h"
#include "core/threads.h"
#include "tests/catch.h"

using namespace medley;

namespace {

template <class T>
Tensor counting(const Shape& shape) {
  std::vector<T> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<T>(static_cast<float>(i % 251));
  return Tensor::from(values, shape);
}

template <class T>
void check_transposed_copy() {
  const Tensor t = counting<T>({3, 5, 2, 7});
  const Tensor copy = t.transpose(1, 3).slice(0, 1, 3).clone();  // (2, 7, 2, 5)
  REQUIRE(copy.shape() == Shape{2, 7, 2, 5});
  const T* from = t.data<T>();
  const T* to = copy.data<T>();
  for (int64_t a = 0; a < 2; ++a)
    for (int64_t b = 0; b < 7; ++b)
      for (int64_t c = 0; c < 2; ++c)
        for (int64_t d = 0; d < 5; ++d) {
          const auto got = static_cast<float>(to[((a * 7 + b) * 2 + c) * 5 + d]);
          REQUIRE(got == static_cast<float>(from[(((a + 1) * 5 + d) * 2 + c) * 7 + b]));
        }
}

}  // namespace

TEST_CASE("a strided copy of any element size is right") {
  check_transposed_copy<double>();
  check_transposed_copy<float>();
  check_transposed_copy<int64_t>();
  check_transposed_copy<bf16>();
  check_transposed_copy<uint8_t>();
}

TEST_CASE("copy_from writes through strides and leaves the rest alone") {
  const Tensor t = counting<float>({3, 4});
  t.slice(1, 1, 3).copy_from(Tensor::from(std::vector<float>{-1, -2, -3, -4, -5, -6}, {3, 2}));
  CHECK(t.to_vector<float>() == std::vector<float>{0, -1, -2, 3, 4, -3, -4, 7, 8, -5, -6, 11});
  t.slice(1, 0, 2).fill_zero();
  CHECK(t.to_vector<float>() == std::vector<float>{0, 0, -2, 3, 0, 0, -4, 7, 0, 0, -6, 11});
}

TEST_CASE("copy_from refuses another shape, type or device") {
  const Tensor t = counting<float>({2, 2});
  CHECK_THROWS_AS(t.copy_from(counting<float>({4})), ShapeError);
  CHECK_THROWS_AS(t.copy_from(counting<double>({2, 2})), ShapeError);
  CHECK_THROWS_AS(t.copy_from(Tensor::empty({2, 2}, DType::f32, {Device::Meta, 0})), DeviceError);
}

TEST_CASE("empty tensors and scalars copy") {
  CHECK(counting<float>({0, 3}).clone().elements() == 0);
  CHECK(counting<float>({4, 0}).transpose(0, 1).clone().shape() == Shape{0, 4});
  CHECK(counting<float>({}).clone().item() == 0);
}

TEST_CASE("a copy large enough for several threads is whole") {
  const int before = thread_count();
  set_thread_count(3);
  const Tensor t = counting<float>({1'000'003});
  const Tensor copy = t.clone();
  CHECK(copy.to_vector<float>() == t.to_vector<float>());
  copy.fill_zero();
  CHECK(copy.to_vector<float>() == std::vector<float>(1'000'003, 0.0f));
  set_thread_count(before);
}

TEST_CASE("conversions keep what the target can hold") {
  const Tensor t = Tensor::from(std::vector<double>{-2.75, 0, 1.00390625, 200}, {2, 2});
  CHECK(t.to(DType::f32).to_vector<float>() == std::vector<float>{-2.75f, 0, 1.00390625f, 200});
  CHECK(t.to(DType::i32).to_vector<int32_t>() == std::vector<int32_t>{-2, 0, 1, 200});
  CHECK(t.to(DType::bf16).to(DType::f64).to_vector<double>() ==
        std::vector<double>{-2.75, 0, 1.0, 200});  // 1 + 2^-8 is a tie: to even
  CHECK(t.slice(0, 1, 2).to(DType::u8).to_vector<uint8_t>() == std::vector<uint8_t>{1, 200});
  CHECK(t.transpose(0, 1).to(DType::i64).to_vector<int64_t>() ==
        std::vector<int64_t>{-2, 1, 0, 200});
  CHECK(t.to(DType::f64).storage() == t.storage());
  const Tensor nan = Tensor::from(std::vector<float>{NAN, INFINITY}, {2});
  CHECK(std::isnan(nan.to(DType::bf16).to(DType::f64).to_vector<double>()[0]));
  CHECK(nan.to(DType::f64).to_vector<double>()[1] == INFINITY);
}
