// Some thousands of integers: the reference does it.
#include "kernels/reference/select_texts.h"

namespace medley::kernels::cpu {

void select_texts(const SelectTexts& args) { reference::select_texts(args); }

}  // namespace medley::kernels::cpu
