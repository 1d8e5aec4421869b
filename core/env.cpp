// The table of environment variables.
#include "core/env.h"

#include <array>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley {
namespace {

constexpr std::array kTable = {
    EnvVariable{"MEDLEY_THREADS", "",
                "threads of the CPU kernels (default: all that the process may use)"},
    EnvVariable{"MEDLEY_ISA", "",
                "instruction set: portable, avx2, avx512 or amx (default: the fastest there is)"},
    EnvVariable{
        "MEDLEY_DATA", "",
        "folder of the pictures that medley ships with (default: where it was built or installed)"},
    EnvVariable{"MEDLEY_LOG", "info", "messages on stderr: error, warn, info or debug"},
    EnvVariable{"MEDLEY_MEMORY_LIMIT", "",
                "most memory for tensors on a device, in MiB (default: no limit)"},
    EnvVariable{"MEDLEY_ATTENTION", "medley",
                "attention on a GPU: medley, or cudnn where cuDNN can and there is no dropout"},
    EnvVariable{"MEDLEY_DEVICE_GUARD", "on",
                "on: host code that touches memory of the emulated GPU is found; off: it is not"},
};

}  // namespace

std::span<const EnvVariable> env_table() { return kTable; }

std::string env(const std::string& name) {
  std::vector<std::string> names;
  for (const EnvVariable& variable : kTable) {
    if (name == variable.name) {
      const char* value = std::getenv(variable.name);
      return value == nullptr ? variable.fallback : value;
    }
    names.emplace_back(variable.name);
  }
  throw ValueError(
      str("[env] ", name, " is not a variable that medley reads", did_you_mean(name, names)));
}

}  // namespace medley
