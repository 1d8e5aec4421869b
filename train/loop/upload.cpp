// Copies on the transfer stream, ordered with the kernels by events.
#include "train/loop/upload.h"

#include "core/cuda/memory.h"
#include "core/error.h"

namespace medley::train {

namespace {

// The pictures in pinned memory: themselves, or copied into `place`.
Tensor pinned(const Tensor& images, Tensor& place) {
  if (images.is_contiguous() && images.storage()->is_pinned()) return images;
  if (!place.defined() || place.shape() != images.shape())
    place = Tensor::pinned(images.shape(), images.dtype());
  place.copy_from(images);
  return place;
}

}  // namespace

PictureUpload::PictureUpload(Device device) : device_(device), slots_{Slot(device), Slot(device)} {}

PictureUpload::~PictureUpload() {
  try {
    for (const Slot& slot : slots_) slot.sent.synchronize();  // a copy reads pinned memory
  } catch (const DeviceError&) {                              // nor does a device that failed
  }
}

void PictureUpload::send(const Tensor& images) {
  Slot& slot = slots_[sent_++ % slots_.size()];
  slot.sent.synchronize();
  if (!slot.images.defined() || slot.images.shape() != images.shape()) {
    slot.images = Tensor::empty(images.shape(), images.dtype(), device_);
    // Kernels that are queued may still use the memory for what it was before.
    slot.released.record(cuda::current_stream(device_));
  }
  slot.source = pinned(images, slot.pinned);
  const Stream transfer = cuda::transfer_stream(device_);
  slot.released.hold(transfer);
  cuda::copy_to_device(slot.images.raw(), slot.source.raw(), slot.source.bytes(), transfer);
  slot.images.bump_version();
  slot.sent.record(transfer);
}

Tensor PictureUpload::receive() {
  const Slot& slot = slots_[received_++ % slots_.size()];
  slot.sent.hold(cuda::current_stream(device_));
  return slot.images;
}

void PictureUpload::release() {
  slots_[(received_ - 1) % slots_.size()].released.record(cuda::current_stream(device_));
}

}  // namespace medley::train
