// Everything of Tensor that moves values: copies between layouts and devices, conversions, filling,
// to and from the host's vectors.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/str.h"
#include "core/strided.h"
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

Shape without_last(const Shape& shape) {
  Shape outer;
  for (int d = 0; d < shape.rank() - 1; ++d) outer.push_back(shape[d]);
  return outer;
}

// Calls row(offset of destination, offset of source) for every innermost row.
template <class F>
void for_each_row(const Shape& shape, const Shape& to, const Shape& from, const F& row) {
  for_each_index(without_last(shape), without_last(to), without_last(from), row);
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

void copy_on_cpu(const Tensor& destination, const Tensor& source) {
  auto* to = static_cast<std::byte*>(destination.raw());
  const auto* from = static_cast<const std::byte*>(source.raw());
  const size_t size = size_of(source.dtype());
  const auto width = static_cast<int64_t>(size);
  if (destination.is_contiguous() && source.is_contiguous()) {
    parallel_for(source.elements() * width, kGrainBytes, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
    return;
  }
  // Not contiguous, so the rank is at least 1.
  const Shape &a = destination.strides(), &b = source.strides();
  for_each_row(source.shape(), a, b, [&](int64_t i, int64_t j) {
    copy_elements(to + i * width, a[-1] * width, from + j * width, b[-1] * width, source.size(-1),
                  size);
  });
}

// Calls f(destination, source, rows) for the two-dimensional parts of a strided copy.
template <class F>
void for_each_block(const Tensor& destination, const Tensor& source, const F& f) {
  auto* to = static_cast<std::byte*>(destination.raw());
  const auto* from = static_cast<const std::byte*>(source.raw());
  const auto size = static_cast<int64_t>(size_of(source.dtype()));
  const auto bytes = [size](int64_t elements) { return static_cast<size_t>(elements * size); };
  const StridedPlan plan = plan_strided(source.shape(), destination.strides(), source.strides());
  const cuda::Rows how{.width = bytes(plan.width),
                       .rows = static_cast<size_t>(plan.rows),
                       .to_stride = bytes(plan.to_stride),
                       .from_stride = bytes(plan.from_stride)};
  for_each_index(plan.outer, plan.outer_to, plan.outer_from,
                 [&](int64_t i, int64_t j) { f(to + i * size, from + j * size, how); });
}

void copy_on_gpu(const Tensor& destination, const Tensor& source) {
  const Stream stream = cuda::current_stream(source.device());
  for_each_block(destination, source,
                 [&](std::byte* to, const std::byte* from, const cuda::Rows& how) {
                   cuda::copy_rows(to, from, how, stream);
                 });
}

// Between the host and a GPU, or two GPUs: contiguous ranges, staged where one is not.
void copy_across(const Tensor& destination, const Tensor& source) {
  const Device to = destination.device(), from = source.device();
  if (to.kind == Device::Cuda && from.kind == Device::Cuda) {
    destination.copy_from(source.to(Device{}));
  } else if (!source.is_contiguous()) {
    destination.copy_from(source.contiguous());
  } else if (!destination.is_contiguous()) {
    destination.copy_from(source.to(to));
  } else if (to.kind == Device::Cuda) {
    const Stream stream = cuda::current_stream(to);
    cuda::copy_to_device(destination.raw(), source.raw(), source.bytes(), stream);
    // The source may be written again: of pinned memory the copy goes on.
    if (source.storage()->is_pinned()) cuda::synchronize(to);
  } else {
    cuda::copy_to_host(destination.raw(), source.raw(), source.bytes(), cuda::current_stream(from));
  }
}

}  // namespace

void Tensor::copy_from(const Tensor& source) const {
  source.check_unrecorded("copy_from", "call autograd::concat_rows, or another op that copies");
  check_unrecorded("copy_from", "write before recording begins");
  if (shape_ != source.shape_ || dtype_ != source.dtype_) {
    throw ShapeError(medley::str("[copy] ", source.str(), " does not fit into ", str()));
  }
  const Device::Kind here = device().kind, there = source.device().kind;
  if ((here == Device::Meta) != (there == Device::Meta)) {
    throw DeviceError(medley::str("[copy] ", source.str(), " does not fit into ", str()),
                      "a Meta tensor has no values");
  }
  storage_->bump_version();
  if (here == Device::Meta || elements() == 0) return;
  if (device() != source.device()) {
    copy_across(*this, source);
  } else if (here == Device::Cuda) {
    copy_on_gpu(*this, source);
  } else {
    copy_on_cpu(*this, source);
  }
}

void Tensor::fill_zero() const {
  check_unrecorded("fill_zero", "write before recording begins");
  const Device where = device();
  storage_->bump_version();
  if (where.kind == Device::Meta || elements() == 0) return;
  auto* to = static_cast<std::byte*>(raw());
  const size_t size = size_of(dtype_);
  const auto width = static_cast<int64_t>(size);
  if (where.kind == Device::Cuda) {
    for_each_block(*this, *this, [&](std::byte* block, const std::byte*, const cuda::Rows& how) {
      cuda::fill_rows(block, 0, how, cuda::current_stream(where));
    });
    return;
  }
  if (is_contiguous()) {
    parallel_for(static_cast<int64_t>(bytes()), kGrainBytes, [&](int64_t begin, int64_t end) {
      std::memset(to + begin, 0, static_cast<size_t>(end - begin));
    });
    return;
  }
  for_each_row(shape_, strides_, strides_, [&](int64_t a, int64_t) {
    for (int64_t i = 0; i < shape_[-1]; ++i) {
      std::memset(to + (a + i * strides_[-1]) * width, 0, size);
    }
  });
}

Tensor Tensor::to(Device target) const {
  if (target == device()) return *this;
  check_unrecorded("to", "copy it before recording begins");
  if (device().kind == Device::Meta) {
    throw DeviceError(medley::str("[tensor] ", str(), " cannot be copied to ", medley::str(target)),
                      "a Meta tensor has no values");
  }
  Tensor result = empty(shape_, dtype_, target);
  if (target.kind != Device::Meta) result.copy_from(*this);
  return result;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  check_unrecorded("to", "call autograd::cast");
  Tensor result = empty(shape_, dtype, device());
  if (device().kind == Device::Meta) return result;
  if (device().kind == Device::Cuda) {
    result.copy_from(to(Device{}).to(dtype));
    return result;
  }
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
  const Tensor source = detach().to(Device{});
  double value = 0;
  with_type(dtype_, [&](auto type) { value = convert<double>(*source.data<decltype(type)>()); });
  return value;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape, Device device) {
  if (static_cast<int64_t>(values.size()) != shape.elements()) {
    throw ShapeError(medley::str("[tensor] ", values.size(), " values do not fill ", shape));
  }
  Tensor t = empty(shape, kDTypeOf<T>, device);
  if (device.kind == Device::Cuda) {
    cuda::copy_to_device(t.raw(), values.data(), t.bytes(), cuda::current_stream(device));
  } else if (device.kind == Device::Cpu) {
    std::copy(values.begin(), values.end(), t.data<T>());
  }
  return t;
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  check_dtype(kDTypeOf<T>);
  need_values(*this, "to_vector");
  const Tensor source = detach().to(Device{}).contiguous();
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
