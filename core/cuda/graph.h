// A CUDA graph: a run of kernels, copies and fills that is recorded once and launched many times
// with one call. The recorded work has its addresses built in. So its memory is set apart for it (a
// MemoryPool) until the graph is destroyed; what it reads from outside must stay where it is.
//
//   cuda::Graph graph(device);
//   step();                     // a run before: what is set up once must not be in the recording
//   graph.capture([&] { step(); });
//   for (...) { batch.copy_from(next); graph.launch(); }
#pragma once

#include <functional>

#include "core/allocator.h"
#include "core/device.h"

namespace medley::cuda {

class Graph {
 public:
  explicit Graph(Device device);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Records what fn queues on the device's stream; nothing of it runs. Reading from the device is
  // an error meanwhile. What was recorded before is forgotten, also when fn throws.
  void capture(const std::function<void()>& fn);
  bool captured() const { return recording_ != nullptr; }
  void launch();  // queued like any kernel

 private:
  void forget();

  Device device_;
  MemoryPool pool_;
  void* recording_ = nullptr;
};

}  // namespace medley::cuda
