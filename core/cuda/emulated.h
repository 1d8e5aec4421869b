// What the emulated device offers to the emulator and to stand-ins for CUDA's libraries. Only in
// builds with MEDLEY_CUDA_EMULATED.
#pragma once

#include <functional>

#include "core/device.h"

namespace medley::cuda {

// Runs the work at once, with device memory open, or records it when the stream is being captured.
// A stream without a native one is never captured.
void enqueue(Stream stream, std::function<void()> work);

// Device memory can be read and written while one of these exists. Outside of them an access ends
// the program with a message, as it would fail on a GPU. MEDLEY_DEVICE_GUARD=off leaves it open.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};

// Makes this the process's answer to bad accesses, with the present one behind it. The first
// allocation does it too; again where something has put a handler of its own in front.
void report_bad_access();

}  // namespace medley::cuda
