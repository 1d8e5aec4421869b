#include "tests/golden/vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <sstream>

#include "core/allocator.h"
#include "core/bf16.h"
#include "core/cuda/device.h"
#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

namespace medley::golden {
namespace {

constexpr Device kDevice{Device::Cuda, 0};

uint32_t operand(Operands operands, uint32_t word) {
  const auto number = [](uint32_t bits) { return static_cast<float>(bits) * 0x1p-30f - 2.0f; };
  switch (operands) {
    case Operands::bits:
      return word;
    case Operands::floats:
      return std::bit_cast<uint32_t>(number(word));
    case Operands::bf16_pairs:
      return bf16(number(word << 16)).bits |
             static_cast<uint32_t>(bf16(number(word & 0xffff0000u)).bits) << 16;
    case Operands::wide_floats: {
      constexpr uint32_t kInfinity = 0x7f800000u, kMantissa = 0x007fffffu;
      const bool is_nan = (word & kInfinity) == kInfinity && (word & kMantissa) != 0;
      return word % 8 == 0 || is_nan ? word & ~kMantissa : word;  // NaN's bits are the device's own
    }
  }
  return word;
}

// Words in device memory.
class DeviceWords {
 public:
  explicit DeviceWords(size_t count)
      : bytes_(count * sizeof(uint32_t)),
        data_(static_cast<uint32_t*>(device_allocate(bytes_, kDevice))) {}
  ~DeviceWords() { device_free(data_, bytes_, kDevice); }
  DeviceWords(const DeviceWords&) = delete;
  DeviceWords& operator=(const DeviceWords&) = delete;

  uint32_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  uint32_t* data_;
};

std::vector<uint32_t> run(const Primitive& primitive, const std::vector<uint32_t>& in) {
  const Stream stream = cuda::current_stream(kDevice);
  std::vector<uint32_t> out(static_cast<size_t>(primitive.outputs));
  const DeviceWords from(in.size()), to(out.size());
  cuda::copy_to_device(from.data(), in.data(), from.bytes(), stream);
  cuda::fill_bytes(to.data(), 0xff, to.bytes(), stream);
  primitive.run(from.data(), to.data(), stream);
  cuda::copy_to_host(out.data(), to.data(), to.bytes(), stream);
  return out;
}

bool agree(const Primitive& primitive, uint32_t a, uint32_t b) {
  if (primitive.tolerance == 0) return a == b;
  const double x = std::bit_cast<float>(a), y = std::bit_cast<float>(b);
  return std::abs(x - y) <= primitive.tolerance * std::max(1.0, std::abs(y));
}

void write_words(std::ostream& out, const char* name, const std::vector<uint32_t>& words) {
  out << name << std::hex;
  for (const uint32_t word : words) out << ' ' << word;
  out << std::dec << '\n';
}

}  // namespace

Vectors record(int repeats) {
  const cuda::DeviceInfo info = cuda::describe(kDevice);
  Vectors vectors{.device = info.name, .vectors = {}};
  const bool emulated = cuda::kBackend == cuda::Backend::emulated;
  for (const Primitive& primitive : primitives()) {
    if (!emulated && info.major * 10 + info.minor < primitive.architecture) continue;
    constexpr int kLarge = 1000;  // one set of so many operands tests enough
    const int sets = primitive.inputs > kLarge ? 1 : repeats;
    for (int repeat = 0; repeat < sets; ++repeat) {
      std::vector<uint32_t> in;
      for (int i = 0; i < primitive.inputs; ++i) {
        const auto words =
            philox4x32({static_cast<uint32_t>(i), static_cast<uint32_t>(repeat), 0, 0},
                       {static_cast<uint32_t>(primitive.inputs), 1});
        in.push_back(operand(primitive.operands, words[0]));
      }
      vectors.vectors.push_back({primitive.name, in, run(primitive, in)});
    }
  }
  return vectors;
}

std::vector<std::string> differences(const Vectors& vectors) {
  std::vector<std::string> found;
  for (const Vector& vector : vectors.vectors) {
    const auto all = primitives();
    const auto primitive = std::find_if(
        all.begin(), all.end(), [&](const Primitive& p) { return vector.primitive == p.name; });
    if (primitive == all.end() || vector.in.size() != static_cast<size_t>(primitive->inputs) ||
        vector.out.size() != static_cast<size_t>(primitive->outputs)) {
      found.push_back(str(vector.primitive, ": there is no such primitive with ", vector.in.size(),
                          " words in and ", vector.out.size(), " out"));
      continue;
    }
    const std::vector<uint32_t> out = run(*primitive, vector.in);
    size_t differing = 0, first = 0;
    for (size_t i = out.size(); i-- > 0;)
      if (!agree(*primitive, out[i], vector.out[i])) ++differing, first = i;
    if (differing > 0)
      found.push_back(str(vector.primitive, ": ", differing, " of ", out.size(),
                          " words differ from ", vectors.device, ", the first is word ", first,
                          ": ", std::hex, out[first], " for ", vector.out[first]));
  }
  return found;
}

std::string to_text(const Vectors& vectors) {
  std::ostringstream out;
  out << "device " << vectors.device << '\n';
  for (const Vector& vector : vectors.vectors) {
    out << vector.primitive << '\n';
    write_words(out, "in", vector.in);
    write_words(out, "out", vector.out);
  }
  return out.str();
}

Vectors from_text(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  int number = 0;
  const auto next = [&](const std::string& start) {
    ++number;
    if (!std::getline(lines, line) || !line.starts_with(start))
      throw DataError(str("golden vectors, line ", number, ": '", start, "' is missing"));
    return line.substr(start.size());
  };
  const auto words = [&](const std::string& list) {
    std::istringstream in(list);
    in >> std::hex;
    std::vector<uint32_t> values;
    for (uint32_t value = 0; in >> value;) values.push_back(value);
    if (!in.eof()) throw DataError(str("golden vectors, line ", number, ": not a list of words"));
    return values;
  };
  Vectors vectors{.device = next("device "), .vectors = {}};
  while (lines.peek() != std::istringstream::traits_type::eof()) {
    Vector vector;
    vector.primitive = next("");
    vector.in = words(next("in "));
    vector.out = words(next("out "));
    vectors.vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace medley::golden
