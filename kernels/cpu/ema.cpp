#include "kernels/ema.h"

#include "kernels/reference/ema.h"

namespace medley::kernels::cpu {

void ema(const Ema<float>& args) { reference::ema(args); }
void ema(const Ema<double>& args) { reference::ema(args); }

}  // namespace medley::kernels::cpu
