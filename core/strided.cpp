// Turns a strided copy into few two-dimensional ones.
#include "core/strided.h"

#include <vector>

namespace medley {
namespace {

struct Dimension {
  int64_t size, to, from;
};

std::vector<Dimension> merged(const Shape& shape, const Shape& to, const Shape& from) {
  std::vector<Dimension> dims;
  for (int d = 0; d < shape.rank(); ++d) {
    const Dimension next{shape[d], to[d], from[d]};
    if (next.size == 1) continue;
    if (!dims.empty() && dims.back().to == next.size * next.to &&
        dims.back().from == next.size * next.from) {
      dims.back() = {dims.back().size * next.size, next.to, next.from};
    } else {
      dims.push_back(next);
    }
  }
  return dims;
}

}  // namespace

StridedPlan plan_strided(const Shape& shape, const Shape& to, const Shape& from) {
  std::vector<Dimension> dims = merged(shape, to, from);
  StridedPlan plan;
  if (!dims.empty() && dims.back().to == 1 && dims.back().from == 1) {
    plan.width = dims.back().size;
    dims.pop_back();
  }
  plan.to_stride = plan.from_stride = plan.width;
  if (dims.empty()) return plan;
  size_t longest = 0;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d].size > dims[longest].size) longest = d;
  }
  plan.rows = dims[longest].size;
  plan.to_stride = dims[longest].to;
  plan.from_stride = dims[longest].from;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (d == longest) continue;
    plan.outer.push_back(dims[d].size);
    plan.outer_to.push_back(dims[d].to);
    plan.outer_from.push_back(dims[d].from);
  }
  return plan;
}

}  // namespace medley
