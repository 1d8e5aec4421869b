#include "kernels/itc.h"

#include "kernels/reference/itc.h"

namespace medley::kernels::cpu {

void itc(const Itc<float>& args) { reference::itc(args); }
void itc(const Itc<double>& args) { reference::itc(args); }

}  // namespace medley::kernels::cpu
