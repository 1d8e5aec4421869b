// str("q has ", shape, " but ...") builds a message from anything that prints.
#pragma once

#include <sstream>
#include <string>

#include "core/dtype.h"
#include "core/shape.h"

namespace medley {

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.str();
}
inline std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

template <class... Parts>
std::string str(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace medley
