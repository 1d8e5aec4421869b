// The machine and the build, for reports and `medley info`.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace medley::train {

std::string processor_name();  // "AMD EPYC 7763", or "unknown"
// Name and value of: version, build, processor, instruction set, threads.
std::vector<std::pair<std::string, std::string>> machine_facts();

}  // namespace medley::train
