// Tensor: a cheap handle on shared storage with shape, strides (in elements), element type and an
// optional link to the autograd tape. Copying a Tensor copies the handle. Nothing here computes:
// maths is in kernels/ and autograd/ops/.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "core/storage.h"

namespace medley {

namespace autograd {
struct Link;  // autograd/tape.h
}

class Tensor {
 public:
  Tensor() = default;  // undefined: no storage

  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = {});
  // In host memory that a GPU copies from while the host goes on (Storage::pinned).
  static Tensor pinned(const Shape& shape, DType dtype = DType::f32);
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = {});
  // Copies values (row-major). Throws ShapeError when their number does not fit.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape, Device device = {});
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape, Device device = {}) {
    return from(std::span<const T>(values), shape, device);
  }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  const Shape& strides() const { return strides_; }
  int rank() const { return shape_.rank(); }
  int64_t size(int dim) const { return shape_[dim]; }
  int64_t elements() const { return shape_.elements(); }
  size_t bytes() const { return static_cast<size_t>(elements()) * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const;
  bool is_contiguous() const { return strides_ == shape_.contiguous_strides(); }
  std::string str() const;  // "(8, 197, 768) f32 cpu"

  // First element, an address on the tensor's device. Throws DtypeError when T is not the tensor's
  // type; null on Meta.
  template <class T>
  T* data() const {
    check_dtype(kDTypeOf<T>);
    return static_cast<T*>(raw());
  }
  void* raw() const;
  template <class T>
  std::vector<T> to_vector() const;  // values in row-major order
  double item() const;               // the value of a one-element tensor, as a double
  // On a GPU both wait for it, and throw for faults that kernels found (core/cuda/fault.h).

  // Except for view(), views and copies are not differentiable. While a tape records they throw
  // AutogradError for a tensor that wants a gradient, unless the result is the tensor itself. The
  // differentiable forms are in autograd/ops/; detach() stops the gradient on purpose.

  // Views share storage. view() needs a contiguous tensor and keeps the autograd link (same
  // elements, same gradient buffer).
  Tensor view(const Shape& shape) const;
  Tensor slice(int dim, int64_t begin, int64_t end) const;
  Tensor transpose(int a, int b) const;
  // Without the link: gradients stop here.
  Tensor detach() const;

  // Copies; contiguous() and to() are the tensor itself where nothing is to be done.
  Tensor contiguous() const;
  Tensor clone() const;
  Tensor to(Device device) const;
  Tensor to(DType dtype) const;  // on a GPU by way of the host, so not inside a step
  // Same shape and dtype; any strides and devices. Raises the version. Strided copies on a GPU are
  // made of two-dimensional ones: fine for slices, slow for transposed views.
  void copy_from(const Tensor& source) const;
  void fill_zero() const;  // raises the version

  uint64_t version() const { return storage_ ? storage_->version() : 0; }
  void bump_version() const { storage_->bump_version(); }
  const std::shared_ptr<Storage>& storage() const { return storage_; }
  int64_t offset() const { return offset_; }  // of the first element in the storage, in elements

  const std::shared_ptr<autograd::Link>& link() const { return link_; }
  void set_link(std::shared_ptr<autograd::Link> link) { link_ = std::move(link); }

 private:
  Tensor(std::shared_ptr<Storage> storage, const Shape& shape, DType dtype);
  void check_dtype(DType asked) const;
  // Throws AutogradError where the tape would not see `op`; instead: what to call in its place.
  void check_unrecorded(const char* op, const char* instead) const;

  std::shared_ptr<Storage> storage_;
  Shape shape_;
  Shape strides_;
  int64_t offset_ = 0;
  DType dtype_ = DType::f32;
  std::shared_ptr<autograd::Link> link_;
};

}  // namespace medley
