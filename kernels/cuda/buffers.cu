#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/buffers.h"

namespace medley::kernels::cuda {
namespace {

// No address space is as large, and two of them can be added.
constexpr size_t kMost = std::numeric_limits<size_t>::max() / 4;

size_t times(size_t x, size_t y) { return y != 0 && x > kMost / y ? kMost : x * y; }
size_t size_of(int64_t count) { return static_cast<size_t>(std::max<int64_t>(count, 0)); }

uintptr_t address(const Buffer& x) { return reinterpret_cast<uintptr_t>(x.data); }

// From the first byte to one behind the last.
size_t bytes(const Buffer& x) {
  if (x.rows <= 0 || x.width <= 0) return 0;
  const size_t before_last = times(size_of(x.rows - 1), size_of(x.stride));
  return times(std::min(before_last + size_of(x.width), kMost), x.element);
}

// Whether both are columns of one matrix, and different ones; `apart` bytes lie between their
// starts, y's the first.
bool are_columns(const Buffer& x, const Buffer& y, uintptr_t apart) {
  const size_t stride = times(size_of(x.stride), x.element);
  if (stride == 0 || stride != times(size_of(y.stride), y.element)) return false;
  const size_t column = apart % stride;
  return column >= times(size_of(y.width), y.element) &&
         stride - column >= times(size_of(x.width), x.element);
}

bool overlap(const Buffer& x, const Buffer& y) {
  if (address(x) < address(y)) return overlap(y, x);
  const uintptr_t apart = address(x) - address(y);
  return apart < bytes(y) && bytes(x) > 0 && !are_columns(x, y, apart);
}

bool is_same(const Buffer& x, const Buffer& y) {
  return x.data == y.data && bytes(x) == bytes(y) && (x.rows == 1 || x.stride == y.stride);
}

void check_address(const char* op, const Buffer& x) {
  if (x.data == nullptr)
    throw ValueError(str("[", op, "] ", x.name, " is null, but has ", bytes(x), " bytes"),
                     "only sizes of 0 go without memory");
  if (address(x) % x.element != 0)
    throw ValueError(str("[", op, "] ", x.name, " is ", x.data,
                         ", which is not aligned to its elements of ", x.element, " bytes"),
                     "start at a whole element");
}

void check_apart(const char* op, const Buffer& out, const Buffer& other, InPlace in_place) {
  const bool may_be_same = in_place == InPlace::yes && !other.is_output;
  if (!overlap(out, other) || (may_be_same && is_same(out, other))) return;
  throw ValueError(str("[", op, "] ", out.name, " overlaps ", other.name, ": ", bytes(out),
                       " bytes at ", out.data, ", and ", bytes(other), " at ", other.data),
                   may_be_same ? "the output needs memory of its own, or exactly that of the input"
                               : "the output needs memory of its own");
}

}  // namespace

void check_buffers(const char* op, std::initializer_list<Buffer> buffers, InPlace in_place) {
  for (const Buffer& x : buffers)
    if (bytes(x) > 0) check_address(op, x);
  for (const Buffer& x : buffers)
    for (const Buffer* y = buffers.begin(); y != &x; ++y) {
      if (x.is_output) check_apart(op, x, *y, in_place);
      if (y->is_output && !x.is_output) check_apart(op, *y, x, in_place);
    }
}

void check_sizes(const char* op, std::initializer_list<Size> sizes) {
  for (const Size& size : sizes)
    if (size.value < size.least || size.value > size.most)
      throw ValueError(str("[", op, "] ", size.name, " is ", size.value, ", not from ", size.least,
                           " to ", size.most));
}

void check_dropout(const char* op, const DropoutKey& key) {
  if (!(key.p >= 0 && key.p < 1))
    throw ValueError(str("[", op, "] dropout.p is ", key.p, ", not in [0, 1)"),
                     "p is the part that is dropped; 0 drops nothing");
}

}  // namespace medley::kernels::cuda
