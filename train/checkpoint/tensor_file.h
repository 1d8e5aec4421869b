// A safetensors file that appears whole or not at all.
#pragma once

#include <string>
#include <vector>

#include "models/weights/safetensors.h"

namespace medley::train {

// Written beside its place, synced, renamed. Throws IoError, also when the disk has too little
// room.
void write_tensor_file(const std::string& path, const std::vector<models::NamedTensor>& tensors,
                       const models::SafetensorsMetadata& metadata);

}  // namespace medley::train
