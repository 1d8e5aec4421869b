// Tensors on a GPU: the same values as on the CPU, whatever the element type and the strides.
#include "core/tensor.h"

#include "core/error.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

namespace {

template <class T>
std::vector<T> counting(int64_t count) {
  std::vector<T> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<T>(static_cast<float>(i % 251)));
  return values;
}

// bf16 has no comparison.
template <class T>
std::vector<double> values(const Tensor& t) {
  std::vector<double> wide;
  for (const T value : t.to_vector<T>()) {
    if constexpr (std::is_same_v<T, bf16>) {
      wide.push_back(static_cast<float>(value));
    } else {
      wide.push_back(static_cast<double>(value));
    }
  }
  return wide;
}

}  // namespace

TEMPLATE_TEST_CASE("cuda tensors: there and back", "", float, double, bf16, int32_t, int64_t,
                   uint8_t) {
  if (no_device()) return;
  const Tensor cpu = Tensor::from(counting<TestType>(6 * 35), {6, 5, 7});
  const Tensor gpu = Tensor::from(counting<TestType>(6 * 35), {6, 5, 7}, kCuda);
  CHECK(gpu.device() == kCuda);
  CHECK(values<TestType>(gpu) == values<TestType>(cpu));
  CHECK(values<TestType>(cpu.to(kCuda).to(Device{})) == values<TestType>(cpu));
  CHECK(values<TestType>(gpu.clone()) == values<TestType>(cpu));
  CHECK(gpu.slice(1, 2, 3).slice(0, 4, 5).slice(2, 6, 7).item() ==
        cpu.slice(1, 2, 3).slice(0, 4, 5).slice(2, 6, 7).item());
  const Tensor zeros = Tensor::zeros({3, 4}, cpu.dtype(), kCuda);
  CHECK(values<TestType>(zeros) == std::vector<double>(12, 0.0));
  CHECK(gpu.to(DType::f32).device() == kCuda);
  CHECK(values<float>(gpu.to(DType::f32)) == values<TestType>(cpu));
}

TEST_CASE("cuda tensors: views of every kind are copied as on the CPU") {
  if (no_device()) return;
  const Tensor base = Tensor::from(counting<float>(4 * 5 * 6 * 3), {4, 5, 6, 3});
  const auto views = [](const Tensor& t) {
    return std::vector<Tensor>{t.slice(0, 1, 3),
                               t.slice(1, 1, 4),
                               t.slice(3, 1, 2),
                               t.slice(2, 0, 0),
                               t.slice(1, 2, 4).slice(2, 1, 5).slice(3, 0, 2),
                               t.transpose(0, 1),
                               t.transpose(2, 3),
                               t.transpose(0, 3),
                               t.transpose(1, 2).slice(0, 1, 3).transpose(0, 3)};
  };
  const Tensor on_gpu = base.to(kCuda);
  const std::vector<Tensor> cpu = views(base), gpu = views(on_gpu);
  for (size_t i = 0; i < cpu.size(); ++i) {
    CAPTURE(i);
    CHECK(gpu[i].to_vector<float>() == cpu[i].to_vector<float>());
    CHECK(gpu[i].contiguous().is_contiguous());
    CHECK(gpu[i].to(Device{}).to_vector<float>() == cpu[i].to_vector<float>());
    CHECK(cpu[i].to(kCuda).to_vector<float>() == cpu[i].to_vector<float>());
    // Into a view: what is around it stays.
    const Tensor around = base.clone(), around_gpu = base.to(kCuda);
    const Tensor source = cpu[i].clone();
    views(around)[i].copy_from(Tensor::zeros(source.shape()));
    views(around_gpu)[i].copy_from(Tensor::zeros(source.shape(), DType::f32, kCuda));
    CHECK(around_gpu.to_vector<float>() == around.to_vector<float>());
    views(around_gpu)[i].copy_from(source);  // from the host
    CHECK(around_gpu.to_vector<float>() == base.to_vector<float>());
    views(around)[i].fill_zero();
    views(around_gpu)[i].fill_zero();
    CHECK(around_gpu.to_vector<float>() == around.to_vector<float>());
  }
}

TEST_CASE("cuda tensors: writes raise the version, copies must fit") {
  if (no_device()) return;
  const Tensor a = Tensor::zeros({2, 3}, DType::f32, kCuda);
  const uint64_t before = a.version();
  a.copy_from(Tensor::zeros({2, 3}));
  a.fill_zero();
  CHECK(a.version() == before + 2);
  CHECK_THROWS_AS(a.copy_from(Tensor::zeros({3, 2})), ShapeError);
  CHECK_THROWS_AS(a.copy_from(Tensor::zeros({2, 3}, DType::f64)), ShapeError);
  CHECK_THROWS_AS(a.copy_from(Tensor::empty({2, 3}, DType::f32, {Device::Meta, 0})), DeviceError);
  CHECK(a.to(Device{Device::Meta, 0}).raw() == nullptr);
  CHECK(a.str() == "(2, 3) f32 cuda:0");
}

TEST_CASE("cuda tensors: rank 0 and nothing at all") {
  if (no_device()) return;
  CHECK(Tensor::from(std::vector<double>{2.5}, {}, kCuda).item() == 2.5);
  CHECK(Tensor::zeros({0, 5}, DType::f32, kCuda).to_vector<float>().empty());
  CHECK(Tensor::zeros({4, 0}).to(kCuda).transpose(0, 1).clone().shape() == Shape{0, 4});
}
