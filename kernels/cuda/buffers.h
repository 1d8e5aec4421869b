// What the host can see of an op's arguments before it launches anything. A kernel that is given a
// bad pointer ends the whole context of the device, and one whose output lies over its input gives
// wrong numbers in silence; here both are a ValueError with names and addresses.
//   check_buffers("gelu_forward", {input("x", args.x, args.n), output("y", args.y, args.n)},
//                 InPlace::yes);
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "kernels/dropout.h"

namespace medley::kernels::cuda {

// A matrix with a row stride, all in elements; a flat range is one row. Nothing is checked of one
// that has no elements: counts below 0 are for blocks_for() and check_sizes() to refuse.
struct Buffer {
  const char* name;
  const void* data;
  size_t element;  // bytes, and what the address must be a multiple of
  int64_t rows, width, stride;
  bool is_output;
};

template <class T>
Buffer input(const char* name, const T* data, int64_t rows, int64_t width, int64_t stride) {
  static_assert(alignof(T) == sizeof(T));
  return {name, data, sizeof(T), rows, width, stride, false};
}
template <class T>
Buffer input(const char* name, const T* data, int64_t rows, int64_t width) {
  return input(name, data, rows, width, width);
}
template <class T>
Buffer input(const char* name, const T* data, int64_t count) {
  return input(name, data, 1, count);
}

// Sizes as for input().
template <class T, class... Sizes>
Buffer output(const char* name, T* data, Sizes... sizes) {
  Buffer buffer = input(name, data, sizes...);
  buffer.is_output = true;
  return buffer;
}

// For pointers that may be null: that is no elements then.
template <class T, class... Sizes>
Buffer optional_input(const char* name, const T* data, Sizes... sizes) {
  return data == nullptr ? input(name, data, 0) : input(name, data, sizes...);
}
template <class T, class... Sizes>
Buffer optional_output(const char* name, T* data, Sizes... sizes) {
  return data == nullptr ? output(name, data, 0) : output(name, data, sizes...);
}

// Whether an output may be exactly an input, same start and same size: where each thread reads its
// elements before it writes them.
enum class InPlace { no, yes };

// Throws ValueError for a null pointer to something, for an address that its elements cannot have,
// and for an output that overlaps another buffer. Columns of one matrix do not overlap each other.
void check_buffers(const char* op, std::initializer_list<Buffer> buffers,
                   InPlace in_place = InPlace::no);

// A size and what it may be.
struct Size {
  const char* name;
  int64_t value, least = 0, most = std::numeric_limits<int32_t>::max();
};
// Throws ValueError for a size that is not from its least to its most.
void check_sizes(const char* op, std::initializer_list<Size> sizes);

// Throws ValueError unless p is in [0, 1).
void check_dropout(const char* op, const DropoutKey& key);

}  // namespace medley::kernels::cuda
