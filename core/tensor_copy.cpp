// Everything of Tensor that moves values: strided copies, conversions, filling, to and from the
// host's vectors.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "core/error.h"
#include "core/str.h"
#include "core/tensor.h"
#include "core/threads.h"

namespace medley {
namespace {

constexpr int64_t kGrainBytes = 1 << 18;  // below this a second thread costs more than it copies

// Calls f(T{}) with the C++ type of an element type.
template <class F>
void with_type(DType dtype, const F& f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::bf16:
      return f(bf16{});
    case DType::i32:
      return f(int32_t{});
    case DType::i64:
      return f(int64_t{});
    case DType::u8:
      return f(uint8_t{});
  }
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, bf16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bf16>) {
    return bf16(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

// Calls row(offset of destination, offset of source) for every innermost row, in row-major order.
template <class F>
void for_each_row(const Shape& shape, const Shape& to, const Shape& from, const F& row) {
  if (shape.elements() == 0) return;
  const int outer = shape.rank() - 1;
  int64_t index[Shape::kMaxRank] = {};
  int64_t destination = 0, source = 0;
  while (true) {
    row(destination, source);
    int d = outer - 1;
    for (; d >= 0; --d) {
      destination += to[d];
      source += from[d];
      if (++index[d] < shape[d]) break;
      destination -= shape[d] * to[d];
      source -= shape[d] * from[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

// A value of `size` bytes copied n times over strides in bytes. The sizes are constants to the
// compiler.
template <size_t size>
void copy_row(std::byte* to, int64_t to_stride, const std::byte* from, int64_t from_stride,
              int64_t n) {
  for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_stride, from + i * from_stride, size);
}

void copy_elements(std::byte* to, int64_t to_stride, const std::byte* from, int64_t from_stride,
                   int64_t n, size_t size) {
  const auto bytes = static_cast<int64_t>(size);
  if (to_stride == bytes && from_stride == bytes) {
    std::memcpy(to, from, static_cast<size_t>(n) * size);
  } else if (size == 8) {
    copy_row<8>(to, to_stride, from, from_stride, n);
  } else if (size == 4) {
    copy_row<4>(to, to_stride, from, from_stride, n);
  } else if (size == 2) {
    copy_row<2>(to, to_stride, from, from_stride, n);
  } else {
    copy_row<1>(to, to_stride, from, from_stride, n);
  }
}

void need_values(const Tensor& t, const char* op) {
  if (t.device().kind == Device::Meta) {
    throw DeviceError(str("[", op, "] ", t.str(), " has no values"));
  }
}

}  // namespace

void Tensor::copy_from(const Tensor& source) const {
  if (shape_ != source.shape_ || dtype_ != source.dtype_ || device() != source.device()) {
    throw ShapeError(medley::str("[copy] ", source.str(), " does not fit into ", str()));
  }
  storage_->bump_version();
  if (device().kind == Device::Meta || elements() == 0) return;
  auto* to = static_cast<std::byte*>(raw());
  const auto* from = static_cast<const std::byte*>(source.raw());
  const size_t size = size_of(dtype_);
  const auto width = static_cast<int64_t>(size);
  if (is_contiguous() && source.is_contiguous()) {
    parallel_for(elements() * width, kGrainBytes, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
    return;
  }
  // Not contiguous, so the rank is at least 1.
  for_each_row(shape_, strides_, source.strides_, [&](int64_t a, int64_t b) {
    copy_elements(to + a * width, strides_[-1] * width, from + b * width,
                  source.strides_[-1] * width, shape_[-1], size);
  });
}

void Tensor::fill_zero() const {
  const Device where = device();
  storage_->bump_version();
  if (where.kind == Device::Meta || elements() == 0) return;
  auto* to = static_cast<std::byte*>(raw());
  const size_t size = size_of(dtype_);
  if (is_contiguous()) {
    parallel_for(static_cast<int64_t>(bytes()), kGrainBytes, [&](int64_t begin, int64_t end) {
      std::memset(to + begin, 0, static_cast<size_t>(end - begin));
    });
    return;
  }
  const auto width = static_cast<int64_t>(size);
  for_each_row(shape_, strides_, strides_, [&](int64_t a, int64_t) {
    for (int64_t i = 0; i < shape_[-1]; ++i) {
      std::memset(to + (a + i * strides_[-1]) * width, 0, size);
    }
  });
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return detach();
  Tensor result = empty(shape_, dtype, device());
  if (device().kind == Device::Meta) return result;
  const Tensor source = contiguous();
  with_type(dtype_, [&](auto from) {
    with_type(dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      std::transform(source.data<From>(), source.data<From>() + elements(), result.data<To>(),
                     [](From value) { return convert<To>(value); });
    });
  });
  return result;
}

double Tensor::item() const {
  if (elements() != 1) {
    throw ShapeError(medley::str("[item] ", str(), " has ", elements(), " elements, not one"));
  }
  need_values(*this, "item");
  double value = 0;
  with_type(dtype_, [&](auto type) { value = convert<double>(*data<decltype(type)>()); });
  return value;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape, Device device) {
  if (static_cast<int64_t>(values.size()) != shape.elements()) {
    throw ShapeError(medley::str("[tensor] ", values.size(), " values do not fill ", shape));
  }
  Tensor t = empty(shape, kDTypeOf<T>, device);
  if (device.kind != Device::Meta) std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  check_dtype(kDTypeOf<T>);
  need_values(*this, "to_vector");
  const Tensor source = contiguous();
  return std::vector<T>(source.data<T>(), source.data<T>() + elements());
}

#define MEDLEY_INSTANTIATE(T)                                                \
  template Tensor Tensor::from<T>(std::span<const T>, const Shape&, Device); \
  template std::vector<T> Tensor::to_vector<T>() const;
MEDLEY_INSTANTIATE(float)
MEDLEY_INSTANTIATE(double)
MEDLEY_INSTANTIATE(bf16)
MEDLEY_INSTANTIATE(int32_t)
MEDLEY_INSTANTIATE(int64_t)
MEDLEY_INSTANTIATE(uint8_t)
#undef MEDLEY_INSTANTIATE

}  // namespace medley
