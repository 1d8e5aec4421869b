// Pictures on their way to a GPU, copied beside the kernels.
#pragma once

#include <array>
#include <memory>

#include "core/cuda/stream.h"
#include "core/tensor.h"

namespace medley::train {

// Two places on the device in turn, so that one batch is copied while another is computed with.
class PictureUpload {
 public:
  explicit PictureUpload(Device device);
  ~PictureUpload();

  // Queues the copy of pictures that lie on the CPU; where they are pinned they are held until they
  // have arrived, else they are copied first. Waits while the one before the last is still on its
  // way. At most two are sent that are not released.
  void send(const Tensor& images);
  // Where the oldest that was not received lies, for kernels that are queued from now on.
  Tensor receive();
  // Kernels that are queued from now on do not read what was received last.
  void release();

 private:
  struct Slot {
    explicit Slot(Device device) : sent(device), released(device) {}
    Tensor pinned;  // what is sent of pictures that lie elsewhere
    Tensor source;  // pinned; kept while it is sent
    Tensor images;
    cuda::Event sent, released;
  };

  Device device_;
  std::array<Slot, 2> slots_;
  size_t sent_ = 0, received_ = 0;
};

}  // namespace medley::train
