#include "kernels/cpu/scratch.h"

#include <array>
#include <memory>
#include <new>

namespace medley::kernels::cpu {
namespace {

struct Free {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};

}  // namespace

float* scratch(Scratch use, int64_t count) {
  struct Buffer {
    std::unique_ptr<float[], Free> data;
    int64_t size = 0;
  };
  static thread_local std::array<Buffer, 4> buffers;
  Buffer& buffer = buffers[static_cast<size_t>(use)];
  if (count > buffer.size) {
    buffer.data.reset();
    buffer.size = 0;
    buffer.data.reset(static_cast<float*>(
        ::operator new[](static_cast<size_t>(count) * sizeof(float), std::align_val_t{64})));
    buffer.size = count;
  }
  return buffer.data.get();
}

}  // namespace medley::kernels::cpu
