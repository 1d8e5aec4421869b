// The place in a kernel's source that a report names. Primitives take it as their last argument,
// filled in at the call: void f(int x, Line line = Line::here());
#pragma once

#include <iosfwd>

namespace medley::kernels::cuda::emulator {

struct Line {
  const char* file = "";
  int number = 0;

  static constexpr Line here(const char* file = __builtin_FILE(), int number = __builtin_LINE()) {
    return {file, number};
  }
};

std::ostream& operator<<(std::ostream& out, Line line);  // kernels/cuda/gelu.cu:31
bool same(Line a, Line b);

}  // namespace medley::kernels::cuda::emulator
