// Shape arithmetic. Every out-of-range index or overflow is a ShapeError that names the shape.
#include "core/shape.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"

namespace medley {

Shape::Shape(std::initializer_list<int64_t> sizes) {
  for (const int64_t size : sizes) push_back(size);
}

void Shape::push_back(int64_t size) {
  if (rank_ == kMaxRank) {
    throw ShapeError(
        medley::str("[shape] ", str(), " cannot get one more dimension: the limit is ", kMaxRank));
  }
  if (size < 0) {
    throw ShapeError(medley::str("[shape] size ", size, " of dimension ", rank_, " is negative"));
  }
  sizes_[static_cast<size_t>(rank_++)] = size;
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (int i = 0; i < rank_; ++i) {
    if (__builtin_mul_overflow(product, sizes_[static_cast<size_t>(i)], &product)) {
      throw ShapeError(medley::str("[shape] ", str(), " has more than 2^63 elements"));
    }
  }
  return product;
}

Shape Shape::contiguous_strides() const {
  Shape strides;
  strides.rank_ = rank_;
  int64_t stride = 1;
  for (int i = rank_ - 1; i >= 0; --i) {
    strides.sizes_[static_cast<size_t>(i)] = stride;
    stride *= sizes_[static_cast<size_t>(i)];
  }
  return strides;
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ &&
         std::equal(sizes_.begin(), sizes_.begin() + rank_, other.sizes_.begin());
}

std::string Shape::str() const {
  std::string text = "(";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(sizes_[static_cast<size_t>(i)]);
  }
  return text + ")";
}

int Shape::index(int i) const {
  const int positive = i < 0 ? i + rank_ : i;
  if (positive < 0 || positive >= rank_) {
    throw ShapeError(
        medley::str("[shape] ", str(), " has no dimension ", i, ": its rank is ", rank_));
  }
  return positive;
}

}  // namespace medley
