// Capture and launch of graphs.
#include "core/cuda/graph.h"

#include <utility>

#include "core/cuda/backend.h"
#include "core/cuda/device.h"
#include "core/cuda/stream.h"
#include "core/error.h"

namespace medley::cuda {

Graph::Graph(Device device, std::shared_ptr<MemoryPool> pool)
    : device_(device), pool_(pool ? std::move(pool) : std::make_shared<MemoryPool>(device)) {
  require(device);
}

Graph::~Graph() { forget(); }

void Graph::forget() {
  if (void* old = std::exchange(recording_, nullptr)) backend::destroy_recording(old);
}

void Graph::capture(const std::function<void()>& fn) {
  const Stream stream = current_stream(device_);
  if (is_capturing(stream)) throw DeviceError("[cuda] a graph is captured inside another");
  forget();
  const MemoryPool::Use use(*pool_);
  backend::begin_capture(stream);
  try {
    fn();
  } catch (...) {
    backend::abandon_capture(stream);
    throw;
  }
  recording_ = backend::end_capture(stream);
}

void Graph::launch() {
  if (!captured()) throw DeviceError("[cuda] this graph has captured nothing");
  const Stream stream = current_stream(device_);
  if (is_capturing(stream)) throw DeviceError("[cuda] a graph is launched inside a capture");
  backend::launch(recording_, stream);
}

}  // namespace medley::cuda
