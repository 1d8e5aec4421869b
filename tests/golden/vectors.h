// Golden vectors: what a device computed for each primitive. A text file:
//   device NVIDIA H200
//   mma_m16n8k16
//   in 3f9a3e01 ...
//   out 40153c22 ...
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/golden/primitives.h"

namespace medley::golden {

struct Vector {
  std::string primitive;
  std::vector<uint32_t> in, out;
};
struct Vectors {
  std::string device;
  std::vector<Vector> vectors;
};

// Runs those primitives that the device has on `repeats` sets of operands, the same on every
// device. Throws DeviceError when one ran as code in which it is empty.
Vectors record(std::span<const Primitive> chosen, int repeats);
// Runs the vectors' primitives, which `all` has, again, here. Each line names one that differs, or
// what the emulator reports of it; none: all agree.
std::vector<std::string> differences(std::span<const Primitive> all, const Vectors& vectors);

std::string to_text(const Vectors& vectors);
Vectors from_text(const std::string& text);  // throws DataError with the line

}  // namespace medley::golden
