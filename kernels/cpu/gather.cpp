#include "kernels/gather.h"

#include "kernels/reference/gather.h"

namespace medley::kernels::cpu {

void gather_forward(const GatherForward<float>& args) { reference::gather_forward(args); }
void gather_forward(const GatherForward<double>& args) { reference::gather_forward(args); }
void gather_backward(const GatherBackward<float>& args) { reference::gather_backward(args); }
void gather_backward(const GatherBackward<double>& args) { reference::gather_backward(args); }

}  // namespace medley::kernels::cpu
