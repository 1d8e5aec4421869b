#include "kernels/cpu/scratch.h"

#include <memory>
#include <new>

namespace medley::kernels::cpu {
namespace {

struct Free {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};

}  // namespace

float* scratch(int64_t count) {
  static thread_local std::unique_ptr<float[], Free> buffer;
  static thread_local int64_t size = 0;
  if (count > size) {
    buffer.reset();
    size = 0;
    buffer.reset(static_cast<float*>(
        ::operator new[](static_cast<size_t>(count) * sizeof(float), std::align_val_t{64})));
    size = count;
  }
  return buffer.get();
}

}  // namespace medley::kernels::cpu
