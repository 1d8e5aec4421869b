// What is said when no kernel fits.
#include "kernels/dispatch.h"

#include "core/error.h"
#include "core/str.h"

namespace medley::kernels {

void refuse_kernel(const char* op, std::string_view dtype, Device device) {
  if (dtype == "f32") {
    throw DeviceError(str("[", op, "] has no kernel for ", medley::str(device)),
                      "this build computes it on another device");
  }
  throw DtypeError(str("[", op, "] has no ", dtype, " kernel for ", medley::str(device)),
                   "f32 computes everywhere, bf16 on cuda, f64 on the CPU");
}

}  // namespace medley::kernels
