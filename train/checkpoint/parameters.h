// The parameters of an arena as safetensors entries: each distinct weight once, under the
// original's names.
#pragma once

#include <string>
#include <vector>

#include "core/arena.h"
#include "models/weights/safetensors.h"

namespace medley::train {

// Views of the arena. A weight that is fused in memory (query, key and value in one) is listed as
// its named parts where they cover it; ties are left out.
std::vector<models::NamedTensor> parameter_tensors(const FlatArena& arena);

// Reads every tensor of the arena; bf16 and f64 become the arena's type. Throws CheckpointError
// that names what is missing, what nobody knows and what has another shape; nothing is changed
// then.
void read_parameters(models::SafetensorsFile& file, const FlatArena& arena,
                     const std::string& prefix = {});

}  // namespace medley::train
