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
#include <memory>

#include "core/allocator.h"
#include "core/device.h"

namespace medley::cuda {

class Graph {
 public:
  // Graphs of one stream whose results are read before another is launched may share a pool: they
  // then take the memory of the largest, not of all. Nothing else may be served from it.
  explicit Graph(Device device, std::shared_ptr<MemoryPool> pool = nullptr);
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
  std::shared_ptr<MemoryPool> pool_;
  void* recording_ = nullptr;
};

}  // namespace medley::cuda
