// A graph of operations for cuDNN's back-end API, written down in order, and the plan that cuDNN
// makes of it: it fuses the whole graph into one or a few kernels, or refuses it.
#pragma once

#include <cudnn.h>

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/device.h"

namespace medley::kernels::cuda::cudnn {

struct DestroyDescriptor {
  void operator()(cudnnBackendDescriptor_t descriptor) const;
};
using Descriptor = std::unique_ptr<void, DestroyDescriptor>;

using Sizes = std::array<int64_t, 4>;  // batch, head, row, column

// A tensor of a graph, by its place in it.
struct Tensor {
  int64_t id = 0;  // 0: none
};

// A product's real sizes where batches are shorter than the tensors say, [batch, 1, 1, 1] each.
struct Lengths {
  Tensor m = {}, n = {}, k = {};
};

// A finished plan with its constants.
class Plan {
 public:
  size_t workspace_bytes() const { return workspace_bytes_; }
  // Data of the tensors that live in memory; the constants are known.
  struct Binding {
    Tensor tensor;
    const void* data;
  };
  void run(const std::vector<Binding>& bindings, void* workspace, Stream stream) const;

 private:
  friend class Graph;
  struct Constant {
    int64_t id;
    alignas(8) std::array<std::byte, 8> value;
  };
  std::vector<Descriptor> parts_;  // what the plan refers to
  Descriptor plan_;
  std::deque<Constant> constants_;
  size_t workspace_bytes_ = 0;
};

class Graph {
 public:
  // A tensor in memory. `ragged`: where each batch begins, in elements.
  Tensor memory(cudnnDataType_t type, const Sizes& sizes, const Sizes& strides, Tensor ragged = {});
  // A tensor between two operations: it need never be in memory.
  Tensor between(cudnnDataType_t type, const Sizes& sizes, std::optional<Sizes> strides = {});
  Tensor constant(float value);
  Tensor constant(int32_t value);
  Tensor constant(int64_t value);

  void multiply(Tensor a, Tensor b, Tensor out, const Lengths& lengths = {});
  // One to three inputs.
  void pointwise(cudnnPointwiseMode_t mode, std::initializer_list<Tensor> inputs, Tensor out,
                 cudnnDataType_t computed_in = CUDNN_DATA_FLOAT);
  void index(Tensor like, int64_t axis, Tensor out);  // an element's place along an axis
  void reduce(cudnnReduceTensorOp_t operation, Tensor x, Tensor out);
  void reshape(Tensor x, Tensor out);
  void bernoulli(Tensor seed, Tensor offset, double probability, Tensor out);

  // The first engine that takes the graph, in the order of cuDNN's heuristics. Throws DeviceError
  // with cuDNN's reasons. `device`: properties of a device that need not be there, as JSON; empty:
  // the current device.
  Plan build(const std::string& device = {}) &&;

 private:
  Tensor add(Descriptor tensor);
  cudnnBackendDescriptor_t of(Tensor tensor) const { return tensors_[size_t(tensor.id - 1)].get(); }
  template <class T>
  Tensor add_constant(cudnnDataType_t type, T value);
  void connect(const Descriptor& operation, cudnnBackendAttributeName_t name, Tensor tensor);
  void done(Descriptor operation);

  std::vector<Descriptor> tensors_, settings_, operations_;
  std::deque<Plan::Constant> constants_;
};

}  // namespace medley::kernels::cuda::cudnn
