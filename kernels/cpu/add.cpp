#include "kernels/add.h"

#include "kernels/reference/add.h"

namespace medley::kernels::cpu {

void add(const Add<float>& args) { reference::add(args); }
void add(const Add<double>& args) { reference::add(args); }

}  // namespace medley::kernels::cpu
