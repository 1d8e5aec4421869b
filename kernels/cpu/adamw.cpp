#include "kernels/adamw.h"

#include "kernels/reference/adamw.h"

namespace medley::kernels::cpu {

void adamw(const AdamW<float>& args) { reference::adamw(args); }
void adamw(const AdamW<double>& args) { reference::adamw(args); }

}  // namespace medley::kernels::cpu
