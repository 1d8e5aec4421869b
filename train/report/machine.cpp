// What the operating system and the build say about themselves.
#include "train/report/machine.h"

#include <fstream>

#include "core/threads.h"
#include "kernels/cpu/isa.h"

namespace medley::train {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

std::vector<std::pair<std::string, std::string>> machine_facts() {
  return {{"version", MEDLEY_VERSION},
          {"build", MEDLEY_BUILD},
          {"processor", processor_name()},
          {"instruction set", std::string(kernels::cpu::name_of(kernels::cpu::isa()))},
          {"threads", std::to_string(thread_count())}};
}

}  // namespace medley::train
