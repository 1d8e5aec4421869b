// Whether the environment asks for cuDNN; in builds with and without it.
#include "core/env.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/cudnn/attention.h"

namespace medley::kernels::cuda::cudnn {

bool is_selected() {
  static const bool selected = [] {
    const std::string value = env("MEDLEY_ATTENTION");
    if (value == "medley") return false;
    if (value != "cudnn")
      throw ValueError(str("MEDLEY_ATTENTION is '", value, "'"), "use medley or cudnn");
    if (const std::string why = absence(); !why.empty())
      throw DeviceError(str("MEDLEY_ATTENTION is cudnn, but ", why),
                        "unset it: medley's own kernels need no cuDNN");
    return true;
  }();
  return selected;
}

}  // namespace medley::kernels::cuda::cudnn
