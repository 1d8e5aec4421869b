#include "kernels/cross_entropy.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/cross_entropy.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth waking a thread for

int64_t count_targets(const int32_t* targets, int64_t rows) {
  int64_t counted = 0;
  for (int64_t r = 0; r < rows; ++r) counted += targets[r] != kIgnoredTarget;
  return counted;
}

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/cross_entropy.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {
namespace {

void rows_forward(const CrossEntropyForward<float>& args) {
  MEDLEY_ISA_CALL(cross_entropy_rows, args);
}
void rows_backward(const CrossEntropyBackward<float>& args, float scale) {
  MEDLEY_ISA_CALL(cross_entropy_gradient, args, scale);
}

}  // namespace

void cross_entropy_forward(const CrossEntropyForward<float>& args) {
  rows_forward(args);
  double total = 0;  // rows in order: any number of threads gives these bits
  for (int64_t r = 0; r < args.rows; ++r)
    total += static_cast<double>(args.row_loss[r]) *
             (args.weights ? static_cast<double>(args.weights[r]) : 1.0);
  const int64_t counted = count_targets(args.targets, args.rows);
  if (!args.weights && counted > 0) total /= static_cast<double>(counted);
  *args.loss = static_cast<float>(total);
}

void cross_entropy_backward(const CrossEntropyBackward<float>& args) {
  const int64_t counted = args.weights ? 1 : count_targets(args.targets, args.rows);
  rows_backward(args, counted == 0 ? 0.0f : *args.dloss / static_cast<float>(counted));
}

void cross_entropy_forward(const CrossEntropyForward<double>& args) {
  reference::cross_entropy_forward(args);
}
void cross_entropy_backward(const CrossEntropyBackward<double>& args) {
  reference::cross_entropy_backward(args);
}

}  // namespace medley::kernels::cpu
