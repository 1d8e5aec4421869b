// Floating-point operations of the ops run so far, counted on every device (on Meta it is all that
// an op does).
#pragma once

#include <cstdint>

namespace medley {

void count_flops(int64_t flops);
int64_t flops_counted();
void reset_flops();

}  // namespace medley
