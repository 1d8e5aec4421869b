// Work queues of CUDA devices. What is queued on a stream runs in order; the host does not wait.
// One stream a device computes, so that memory which is freed can be reused at once; another one
// carries copies beside it.
#pragma once

#include "core/device.h"

namespace medley::cuda {

// The stream of kernels; made at the first use. The device becomes the calling thread's own.
Stream current_stream(Device device);
// The stream for copies that run beside kernels. Events order the two.
Stream transfer_stream(Device device);
// Waits for everything that is queued on the device, then check_faults(). Not while a graph is
// captured.
void synchronize(Device device);
// Whether a Graph is being captured from this stream.
bool is_capturing(Stream stream);

// A point in a stream.
class Event {
 public:
  explicit Event(Device device);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(Stream stream);
  // What is queued on the stream from now on waits for the point.
  void hold(Stream stream) const;
  // The host waits for the point.
  void synchronize() const;
  // Between two recorded points; waits for the later one.
  static double milliseconds(const Event& begin, const Event& end);

 private:
  void* native_;
};

}  // namespace medley::cuda
