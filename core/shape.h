// Sizes of a tensor, outermost first: an inline array of at most six int64. Also used for strides
// (in elements).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace medley {

class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;  // rank 0: a scalar, one element
  Shape(std::initializer_list<int64_t> sizes);

  int rank() const { return rank_; }
  // Size of dimension i; a negative i counts from the end. Throws ShapeError when out of range.
  int64_t operator[](int i) const { return sizes_[static_cast<size_t>(index(i))]; }
  int64_t& operator[](int i) { return sizes_[static_cast<size_t>(index(i))]; }
  void push_back(int64_t size);
  int64_t elements() const;
  // Row-major strides of a contiguous tensor of this shape.
  Shape contiguous_strides() const;
  bool operator==(const Shape& other) const;
  std::string str() const;  // "(8, 197, 768)"

 private:
  int index(int i) const;

  std::array<int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

}  // namespace medley
