#include "tests/golden/vectors.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/allocator.h"
#include "core/cuda/device.h"
#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

namespace medley::golden {
namespace {

constexpr Device kDevice{Device::Cuda, 0};

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
  const DeviceWords from(in.size()), to(out.size()), mark(1);
  cuda::copy_to_device(from.data(), in.data(), from.bytes(), stream);
  cuda::fill_bytes(to.data(), 0xff, to.bytes(), stream);
  cuda::fill_bytes(mark.data(), 0, mark.bytes(), stream);
  primitive.run(from.data(), to.data(), mark.data(), stream);
  cuda::copy_to_host(out.data(), to.data(), to.bytes(), stream);
  Code code = Code::none;
  cuda::copy_to_host(&code, mark.data(), mark.bytes(), stream);
  if (code < primitive.code)
    throw DeviceError(
        str("[golden] ", primitive.name, " needs code for ", name(primitive.code),
            ", but what ran was compiled for ", name(code), ", where it is empty"),
        str("configure with -D CMAKE_CUDA_ARCHITECTURES=", name(primitive.code) + 3, "-real"));
  return out;
}

// How the outputs of a vector's primitive, run here, differ from the vector's; empty: not at all.
std::string difference(const Primitive& primitive, const Vector& vector,
                       const std::string& device) {
  std::vector<uint32_t> out;
  try {
    out = run(primitive, vector.in);
  } catch (const KernelError& error) {
    return str(vector.primitive, ": ", error.what());
  }
  size_t differing = 0, first = 0;
  for (size_t i = out.size(); i-- > 0;)
    if (!agree(primitive.agreement, out[i], vector.out[i])) ++differing, first = i;
  if (differing == 0) return {};
  return str(vector.primitive, ": ", differing, " of ", out.size(), " words differ from ", device,
             ", the first is word ", first, ": ", std::hex, out[first], " for ", vector.out[first]);
}

void write_words(std::ostream& out, const char* name, const std::vector<uint32_t>& words) {
  out << name << std::hex;
  for (const uint32_t word : words) out << ' ' << word;
  out << std::dec << '\n';
}

}  // namespace

Vectors record(std::span<const Primitive> chosen, int repeats) {
  const cuda::DeviceInfo info = cuda::describe(kDevice);
  Vectors vectors{.device = info.name, .vectors = {}};
  const bool emulated = cuda::kBackend == cuda::Backend::emulated;
  for (const Primitive& primitive : chosen) {
    if (!emulated && !runs_on(primitive.code, info.major, info.minor)) continue;
    constexpr int kLarge = 1000;  // one set of so many operands tests enough
    const int sets = primitive.inputs > kLarge ? 1 : repeats;
    for (int repeat = 0; repeat < sets; ++repeat) {
      std::vector<uint32_t> in;
      for (int i = 0; i < primitive.inputs; ++i) {
        const auto words =
            philox4x32({static_cast<uint32_t>(i), static_cast<uint32_t>(repeat), 0, 0},
                       {static_cast<uint32_t>(primitive.inputs), 1});
        in.push_back(operand(primitive.operands, i, words[0]));
      }
      vectors.vectors.push_back({primitive.name, in, run(primitive, in)});
    }
  }
  return vectors;
}

std::vector<std::string> differences(std::span<const Primitive> all, const Vectors& vectors) {
  std::vector<std::string> found;
  for (const Vector& vector : vectors.vectors) {
    const auto primitive = std::find_if(
        all.begin(), all.end(), [&](const Primitive& p) { return vector.primitive == p.name; });
    if (primitive == all.end() || vector.in.size() != static_cast<size_t>(primitive->inputs) ||
        vector.out.size() != static_cast<size_t>(primitive->outputs)) {
      found.push_back(str(vector.primitive, ": there is no such primitive with ", vector.in.size(),
                          " words in and ", vector.out.size(), " out"));
      continue;
    }
    if (std::string words = difference(*primitive, vector, vectors.device); !words.empty())
      found.push_back(std::move(words));
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
