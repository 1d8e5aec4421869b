// Constants of GPUs by what is in them.
#include "core/constant.h"

#include <cstring>
#include <map>
#include <string>
#include <tuple>

namespace medley {
namespace {

using Key = std::tuple<int, DType, std::string>;  // device, type, bytes

// Never destroyed: at the end of the process the device may be gone before it.
std::map<Key, Tensor>& kept() {
  static auto& kept = *new std::map<Key, Tensor>;
  return kept;
}

}  // namespace

template <class T>
Tensor constant(const std::vector<T>& values, const Shape& shape, Device device) {
  if (device.kind != Device::Cuda) return Tensor::from(values, shape, device);
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  const Key key(device.index, kDTypeOf<T>, std::move(bytes));
  auto found = kept().find(key);
  if (found == kept().end())
    found = kept()
                .emplace(key, Tensor::from(values, {static_cast<int64_t>(values.size())}, device))
                .first;
  return found->second.view(shape);
}

Tensor constant_indices(const std::vector<int32_t>& values, Device device) {
  return constant(values, {static_cast<int64_t>(values.size())}, device);
}

template Tensor constant<float>(const std::vector<float>&, const Shape&, Device);
template Tensor constant<double>(const std::vector<double>&, const Shape&, Device);
template Tensor constant<bf16>(const std::vector<bf16>&, const Shape&, Device);
template Tensor constant<int32_t>(const std::vector<int32_t>&, const Shape&, Device);

}  // namespace medley
