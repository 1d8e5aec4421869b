// Storages and the range of a tensor.
#include "models/weights/pickle_storage.h"

#include <algorithm>
#include <array>

#include "core/str.h"

namespace medley::models {
namespace {

constexpr std::array<PickleStorageType, 10> kStorages = {{{"torch.FloatStorage", "F32", 4},
                                                          {"torch.HalfStorage", "F16", 2},
                                                          {"torch.BFloat16Storage", "BF16", 2},
                                                          {"torch.DoubleStorage", "F64", 8},
                                                          {"torch.LongStorage", "I64", 8},
                                                          {"torch.IntStorage", "I32", 4},
                                                          {"torch.ShortStorage", "I16", 2},
                                                          {"torch.CharStorage", "I8", 1},
                                                          {"torch.ByteStorage", "U8", 1},
                                                          {"torch.BoolStorage", "BOOL", 1}}};

}  // namespace

const PickleStorageType* storage_type(const std::string& global) {
  const auto* found =
      std::find_if(kStorages.begin(), kStorages.end(),
                   [&](const PickleStorageType& type) { return global == type.global; });
  return found == kStorages.end() ? nullptr : found;
}

uint64_t element_size(const std::string& dtype) {
  for (const PickleStorageType& type : kStorages)
    if (dtype == type.dtype) return type.bytes;
  return 0;
}

// The highest element lies at offset + sum of (size - 1) stride. A tensor of more elements than its
// storage repeats some, which would let a small file ask for any amount of memory.
std::string range_problem(const PickledTensor& tensor, const PickledStorage& storage) {
  uint64_t elements = 1, last = tensor.offset;
  bool overflow = false;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    const uint64_t steps = tensor.shape[i] == 0 ? 0 : tensor.shape[i] - 1;
    uint64_t reach = 0;
    overflow |= __builtin_mul_overflow(elements, tensor.shape[i], &elements);
    overflow |= __builtin_mul_overflow(steps, tensor.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  if (overflow) return "the shape of a tensor overflows 64 bits";
  if (elements == 0 ? tensor.offset > storage.elements : last >= storage.elements)
    return str("a tensor reaches element ", last, " of the storage '", storage.key, "', which has ",
               storage.elements);
  if (elements > storage.elements)
    return str("a tensor has ", elements, " elements but the storage '", storage.key, "' has ",
               storage.elements);
  return "";
}

}  // namespace medley::models
