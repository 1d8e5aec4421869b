#include "kernels/linear.h"

#include "kernels/reference/linear.h"

namespace medley::kernels::cpu {

void gemm(const Gemm<float>& args) { reference::gemm(args); }
void gemm(const Gemm<double>& args) { reference::gemm(args); }
void column_sum(const ColumnSum<float>& args) { reference::column_sum(args); }
void column_sum(const ColumnSum<double>& args) { reference::column_sum(args); }

}  // namespace medley::kernels::cpu
