#include "kernels/norm.h"

#include "kernels/reference/norm.h"

namespace medley::kernels::cpu {

void squared_norm(const SquaredNorm<float>& args) { reference::squared_norm(args); }
void squared_norm(const SquaredNorm<double>& args) { reference::squared_norm(args); }

}  // namespace medley::kernels::cpu
