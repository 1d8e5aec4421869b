// In builds without cuDNN.
#include "core/error.h"
#include "kernels/cuda/cudnn/attention.h"

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr const char* kAbsence = "this program was built without cuDNN";

}  // namespace

std::string absence() { return kAbsence; }
const char* why_not(const AttentionForward<bf16>&) { return kAbsence; }
const char* why_not(const AttentionBackward<bf16>&) { return kAbsence; }
void attention_forward(const AttentionForward<bf16>&, Stream) { throw DeviceError(kAbsence); }
void attention_backward(const AttentionBackward<bf16>&, bool, Stream) {
  throw DeviceError(kAbsence);
}

}  // namespace medley::kernels::cuda::cudnn
