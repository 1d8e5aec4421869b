#include "autograd/checks.h"

#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::autograd {

void check_shape(const char* op, const char* name, const Tensor& t, const Shape& expected) {
  if (!t.defined())
    throw ShapeError(str("[", op, "] ", name, " is undefined; expected ", expected));
  if (!(t.shape() == expected))
    throw ShapeError(str("[", op, "] ", name, " has shape ", t.shape(), ", expected ", expected));
  if (!t.is_contiguous())
    throw ShapeError(str("[", op, "] ", name, " is not contiguous: strides ", t.strides()),
                     "call contiguous() first");
}

void check_matrix(const char* op, const char* name, const Tensor& t, int rank) {
  if (!t.defined()) throw ShapeError(str("[", op, "] ", name, " is undefined"));
  if (t.rank() != rank)
    throw ShapeError(str("[", op, "] ", name, " has shape ", t.shape(), ", expected rank ", rank));
  check_shape(op, name, t, t.shape());
}

namespace {

void check_kind(const char* op, const Tensor& a, DType expected, const char* name,
                const Tensor& b) {
  if (b.dtype() != expected)
    throw DtypeError(str("[", op, "] ", name, " is ", b.str(), " but the input is ", a.str()));
  if (!(a.device() == b.device()))
    throw DeviceError(str("[", op, "] ", name, " is ", b.str(), " but the input is ", a.str()));
}

}  // namespace

void check_same_kind(const char* op, const Tensor& a, const char* name, const Tensor& b) {
  check_kind(op, a, a.dtype(), name, b);
}

void check_operand(const char* op, const Tensor& a, const char* name, const Tensor& b,
                   const Shape& expected) {
  check_shape(op, name, b, expected);
  check_same_kind(op, a, name, b);
}

void check_wide_operand(const char* op, const Tensor& a, const char* name, const Tensor& b,
                        const Shape& expected) {
  check_shape(op, name, b, expected);
  check_kind(op, a, wide(a.dtype()), name, b);
}

void check_index(const char* op, const Tensor& a, const char* name, const Tensor& index) {
  check_matrix(op, name, index, 1);
  if (index.dtype() != DType::i32)
    throw DtypeError(str("[", op, "] ", name, " is ", index.str(), ", expected i32"));
  if (!(index.device() == a.device()))
    throw DeviceError(str("[", op, "] ", name, " is ", index.str(), " but the input is ", a.str()));
}

void check_range(const char* op, const Tensor& a, const char* name, const Tensor& index,
                 int64_t limit) {
  check_index(op, a, name, index);
  if (index.device().kind != Device::Cpu) return;
  const int32_t* values = index.data<int32_t>();
  for (int64_t i = 0; i < index.elements(); ++i)
    if (values[i] < 0 || values[i] >= limit)
      throw ValueError(
          str("[", op, "] ", name, "[", i, "] is ", values[i], ", not in 0 .. ", limit - 1));
}

void check_constant(const char* op, const char* name, const Tensor& t) {
  if (recording({t}))
    throw AutogradError(str("[", op, "] ", name, " ", t.str(),
                            " wants a gradient and a tape is recording, but it gets none here"),
                        "detach() it where the gradient is to stop");
}

void check_dropout(const char* op, const kernels::DropoutKey& key) {
  if (!(key.p >= 0 && key.p < 1))
    throw ValueError(str("[", op, "] dropout p is ", key.p, ", not in [0, 1)"));
}

}  // namespace medley::autograd
