// Types of storages in pickles, and whether a tensor lies inside its storage.
#pragma once

#include <string>

#include "models/weights/pickle.h"

namespace medley::models {

struct PickleStorageType {
  const char* global;  // torch.FloatStorage
  const char* dtype;   // as safetensors calls it
  uint64_t bytes;      // of an element
};

// nullptr for a global that is no storage.
const PickleStorageType* storage_type(const std::string& global);

// Empty, or what is wrong.
std::string range_problem(const PickledTensor& tensor, const PickledStorage& storage);

}  // namespace medley::models
