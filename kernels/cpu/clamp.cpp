// One number in BLIP: the plain loop does it.
#include "kernels/reference/clamp.h"

namespace medley::kernels::cpu {

void clamp(const Clamp<float>& args) { reference::clamp(args); }
void clamp(const Clamp<double>& args) { reference::clamp(args); }

}  // namespace medley::kernels::cpu
