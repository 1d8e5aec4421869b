// Conversions of stored elements.
#include "models/weights/elements.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/byte_source.h"

namespace medley::models {
namespace {

template <class Stored, class T>
Tensor widened(const Shape& shape, DType dtype, std::span<const char> bytes, T convert) {
  Tensor tensor = Tensor::empty(shape, dtype);
  for (size_t i = 0; i < bytes.size() / sizeof(Stored); ++i)
    convert(tensor, i, load_little<Stored>(&bytes[i * sizeof(Stored)]));
  return tensor;
}

template <class From, class To>
void convert(const Tensor& from, const Tensor& to) {
  const From* source = from.data<From>();
  To* destination = to.data<To>();
  using Wide = std::conditional_t<std::is_same_v<From, bf16>, float, From>;
  using Narrow = std::conditional_t<std::is_same_v<To, bf16>, float, To>;
  for (int64_t i = 0; i < from.elements(); ++i)
    destination[i] = To(static_cast<Narrow>(static_cast<Wide>(source[i])));
}

template <class From>
void convert_from(const Tensor& from, const Tensor& to, const std::string& what) {
  switch (to.dtype()) {
    case DType::f32:
      return convert<From, float>(from, to);
    case DType::f64:
      return convert<From, double>(from, to);
    case DType::bf16:
      return convert<From, bf16>(from, to);
    default:
      throw DataError(str(what, ": ", from.dtype(), " cannot become ", to.dtype()));
  }
}

}  // namespace

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

Shape shape_of(const std::vector<uint64_t>& sizes, const std::string& what) {
  if (sizes.size() > Shape::kMaxRank)
    throw DataError(str(what, " has ", sizes.size(), " dimensions; medley's tensors have at most ",
                        Shape::kMaxRank));
  Shape shape;
  for (const uint64_t size : sizes) shape.push_back(static_cast<int64_t>(size));
  return shape;
}

float half_to_float(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1Fu, fraction = bits & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: fraction 2^-24
    const float value = std::ldexp(static_cast<float>(fraction), -24);
    return sign ? -value : value;
  }
  const uint32_t wide = exponent == 31 ? 255u : exponent + 127 - 15;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

int64_t count_not_finite(const std::string& dtype, std::span<const char> bytes) {
  // All bits of the exponent are set.
  const auto count = [&](auto zero, uint64_t exponent) {
    using Bits = decltype(zero);
    int64_t found = 0;
    for (size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
      const auto bits = static_cast<uint64_t>(load_little<Bits>(bytes.data() + at));
      found += (bits & exponent) == exponent;
    }
    return found;
  };
  if (dtype == "F16") return count(uint16_t{}, 0x7C00);
  if (dtype == "BF16") return count(uint16_t{}, 0x7F80);
  if (dtype == "F32") return count(uint32_t{}, 0x7F800000);
  if (dtype == "F64") return count(uint64_t{}, 0x7FF0000000000000);
  return 0;
}

Tensor tensor_from_bytes(const std::string& dtype, const std::vector<uint64_t>& sizes,
                         std::span<const char> bytes, const std::string& what) {
  const Shape shape = shape_of(sizes, what);
  const auto as_i32 = [](const Tensor& t, size_t i, auto value) {
    t.data<int32_t>()[i] = static_cast<std::make_signed_t<decltype(value)>>(value);
  };
  if (dtype == "F16")
    return widened<uint16_t>(shape, DType::f32, bytes, [](const Tensor& t, size_t i, uint16_t v) {
      t.data<float>()[i] = half_to_float(v);
    });
  if (dtype == "I8") return widened<uint8_t>(shape, DType::i32, bytes, as_i32);
  if (dtype == "I16") return widened<uint16_t>(shape, DType::i32, bytes, as_i32);
  DType type = DType::u8;
  if (dtype == "F32") {
    type = DType::f32;
  } else if (dtype == "F64") {
    type = DType::f64;
  } else if (dtype == "BF16") {
    type = DType::bf16;
  } else if (dtype == "I64") {
    type = DType::i64;
  } else if (dtype == "I32") {
    type = DType::i32;
  } else if (dtype != "U8" && dtype != "BOOL") {
    throw DataError(what + ": medley has no tensors of dtype " + dtype);
  }
  Tensor tensor = Tensor::empty(shape, type);
  if (tensor.bytes() != bytes.size())
    throw DataError(str(what, ": ", bytes.size(), " bytes for ", tensor.str()));
  if (!bytes.empty()) std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  return tensor;
}

void copy_floats(const Tensor& from, const Tensor& to, const std::string& what) {
  if (from.shape() != to.shape())
    throw ShapeError(str("[weights] ", what, " has shape ", from.shape(), " and not ", to.shape()));
  switch (from.dtype()) {
    case DType::f32:
      convert_from<float>(from, to, what);
      break;
    case DType::f64:
      convert_from<double>(from, to, what);
      break;
    case DType::bf16:
      convert_from<bf16>(from, to, what);
      break;
    default:
      throw DataError(str(what, ": ", from.dtype(), " cannot become ", to.dtype()));
  }
  to.bump_version();
}

}  // namespace medley::models
