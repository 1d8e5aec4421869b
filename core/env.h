// Every environment variable that medley reads, in one table: name, default, meaning. `medley info`
// prints it.
#pragma once

#include <span>
#include <string>

namespace medley {

struct EnvVariable {
  const char* name;
  const char* fallback;
  const char* help;
};

std::span<const EnvVariable> env_table();
// Value of a variable of the table, its default when unset. Throws ValueError for a name that is
// not in the table.
std::string env(const std::string& name);

}  // namespace medley
