// Tensor handles: views, checks and errors. Copies and conversions are in core/tensor_copy.cpp.
#include "core/tensor.h"

#include <utility>

#include "core/current_tape.h"
#include "core/error.h"
#include "core/str.h"

namespace medley {
namespace {

int dimension(const Shape& shape, int dim, const char* op) {
  const int positive = dim < 0 ? dim + shape.rank() : dim;
  if (positive < 0 || positive >= shape.rank()) {
    throw ShapeError(str("[", op, "] ", shape, " has no dimension ", dim));
  }
  return positive;
}

size_t bytes_of(const Shape& shape, DType dtype) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(shape.elements()), size_of(dtype), &bytes))
    throw ShapeError(str("[tensor] ", shape, " ", dtype, " is larger than any memory"));
  return bytes;
}

}  // namespace

Tensor::Tensor(std::shared_ptr<Storage> storage, const Shape& shape, DType dtype)
    : storage_(std::move(storage)),
      shape_(shape),
      strides_(shape.contiguous_strides()),
      dtype_(dtype) {}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  return Tensor(Storage::allocate(bytes_of(shape, dtype), device), shape, dtype);
}

Tensor Tensor::pinned(const Shape& shape, DType dtype) {
  return Tensor(Storage::pinned(bytes_of(shape, dtype)), shape, dtype);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  t.fill_zero();
  return t;
}

Device Tensor::device() const {
  if (!defined()) throw ValueError("[tensor] an undefined tensor has no device");
  return storage_->device();
}

std::string Tensor::str() const {
  if (!defined()) return "undefined";
  return medley::str(shape_, " ", dtype_, " ", medley::str(device()));
}

void* Tensor::raw() const {
  if (!defined()) throw ValueError("[tensor] an undefined tensor has no data");
  void* base = storage_->data();
  if (base == nullptr) return nullptr;
  return static_cast<std::byte*>(base) + static_cast<size_t>(offset_) * size_of(dtype_);
}

void Tensor::check_dtype(DType asked) const {
  if (asked != dtype_ && defined()) {
    throw DtypeError(medley::str("[tensor] ", str(), " was read as ", asked));
  }
}

void Tensor::check_unrecorded(const char* op, const char* instead) const {
  if (!link_ || autograd::current_tape == nullptr) return;
  throw AutogradError(
      medley::str("[", op, "] ", str(), " wants a gradient and a tape is recording, but ", op,
                  " is not differentiable"),
      medley::str(instead, ", or detach() first where the gradient is to stop"));
}

Tensor Tensor::view(const Shape& shape) const {
  if (!is_contiguous()) {
    throw ShapeError(
        medley::str("[view] ", str(), " with strides ", strides_, " is not contiguous"),
        "call contiguous() first");
  }
  if (shape.elements() != elements()) {
    throw ShapeError(medley::str("[view] ", shape_, " has ", elements(), " elements but ", shape,
                                 " has ", shape.elements()));
  }
  Tensor t = *this;
  t.shape_ = shape;
  t.strides_ = shape.contiguous_strides();
  return t;
}

Tensor Tensor::slice(int dim, int64_t begin, int64_t end) const {
  check_unrecorded("slice", "call autograd::slice");
  const int d = dimension(shape_, dim, "slice");
  if (begin < 0 || end < begin || end > shape_[d]) {
    throw ShapeError(
        medley::str("[slice] ", begin, " to ", end, " is not in dimension ", d, " of ", shape_));
  }
  Tensor t = detach();
  t.offset_ += begin * strides_[d];
  t.shape_[d] = end - begin;
  return t;
}

Tensor Tensor::transpose(int a, int b) const {
  check_unrecorded("transpose", "call autograd::transpose");
  const int i = dimension(shape_, a, "transpose");
  const int j = dimension(shape_, b, "transpose");
  Tensor t = detach();
  std::swap(t.shape_[i], t.shape_[j]);
  std::swap(t.strides_[i], t.strides_[j]);
  return t;
}

Tensor Tensor::detach() const {
  Tensor t = *this;
  t.link_.reset();
  return t;
}

Tensor Tensor::contiguous() const {
  if (is_contiguous()) return *this;
  check_unrecorded("contiguous", "call autograd::contiguous");
  return clone();
}

Tensor Tensor::clone() const {
  check_unrecorded("clone", "use the tensor itself");
  Tensor t = empty(shape_, dtype_, device());
  t.copy_from(*this);
  return t;
}

}  // namespace medley
