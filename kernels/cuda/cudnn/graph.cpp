#include "kernels/cuda/cudnn/graph.h"

#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/cudnn/library.h"

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr int64_t kAlignment = 16;  // bytes, of every tensor

Descriptor make(cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t made;
  check(library().create_descriptor(type, &made), "cudnnBackendCreateDescriptor");
  return Descriptor(made);
}

void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name,
         cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  check(library().set_attribute(descriptor.get(), name, type, count, values),
        "cudnnBackendSetAttribute");
}
void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name,
         cudnnBackendDescriptor_t value) {
  set(descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}
void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name, cudnnDataType_t value) {
  set(descriptor, name, CUDNN_TYPE_DATA_TYPE, 1, &value);
}
void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name, int64_t value) {
  set(descriptor, name, CUDNN_TYPE_INT64, 1, &value);
}
void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name, bool value) {
  set(descriptor, name, CUDNN_TYPE_BOOLEAN, 1, &value);
}
void set(const Descriptor& descriptor, cudnnBackendAttributeName_t name, const Sizes& values) {
  set(descriptor, name, CUDNN_TYPE_INT64, 4, values.data());
}
void finalize(const Descriptor& descriptor, const char* what) {
  check(library().finalize(descriptor.get()), what);
}

Sizes packed(const Sizes& s) { return {s[1] * s[2] * s[3], s[2] * s[3], s[3], 1}; }

Descriptor tensor_of(cudnnDataType_t type, const Sizes& sizes, const Sizes& strides) {
  Descriptor tensor = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  set(tensor, CUDNN_ATTR_TENSOR_DATA_TYPE, type);
  set(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, sizes);
  set(tensor, CUDNN_ATTR_TENSOR_STRIDES, strides);
  set(tensor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
  return tensor;
}

// Engine configurations for the graph, the most promising first.
std::vector<Descriptor> candidates(const Descriptor& graph, cudnnBackendHeurMode_t mode,
                                   const Descriptor& device) {
  const Descriptor heuristic = make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  set(heuristic, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.get());
  set(heuristic, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  if (device) set(heuristic, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device.get());
  if (library().finalize(heuristic.get()) != CUDNN_STATUS_SUCCESS) return {};
  constexpr int64_t kMost = 16;
  std::vector<Descriptor> found;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (int64_t i = 0; i < kMost; ++i) {
    found.push_back(make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    raw.push_back(found.back().get());
  }
  int64_t count = 0;
  check(library().get_attribute(heuristic.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                CUDNN_TYPE_BACKEND_DESCRIPTOR, kMost, &count, raw.data()),
        "cudnnBackendGetAttribute");
  found.resize(static_cast<size_t>(count));
  return found;
}

}  // namespace

void DestroyDescriptor::operator()(cudnnBackendDescriptor_t descriptor) const {
  library().destroy_descriptor(descriptor);
}

Tensor Graph::add(Descriptor tensor) {
  const int64_t id = static_cast<int64_t>(tensors_.size()) + 1;
  set(tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  finalize(tensor, "tensor");
  tensors_.push_back(std::move(tensor));
  return {id};
}

Tensor Graph::memory(cudnnDataType_t type, const Sizes& sizes, const Sizes& strides,
                     Tensor ragged) {
  Descriptor tensor = tensor_of(type, sizes, strides);
  if (ragged.id != 0) set(tensor, CUDNN_ATTR_TENSOR_RAGGED_OFFSET_DESC, of(ragged));
  return add(std::move(tensor));
}

Tensor Graph::between(cudnnDataType_t type, const Sizes& sizes, std::optional<Sizes> strides) {
  Descriptor tensor = tensor_of(type, sizes, strides.value_or(packed(sizes)));
  set(tensor, CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
  return add(std::move(tensor));
}

template <class T>
Tensor Graph::add_constant(cudnnDataType_t type, T value) {
  Descriptor tensor = tensor_of(type, {1, 1, 1, 1}, {1, 1, 1, 1});
  set(tensor, CUDNN_ATTR_TENSOR_IS_BY_VALUE, true);
  const Tensor added = add(std::move(tensor));
  constants_.push_back({added.id, {}});
  std::memcpy(constants_.back().value.data(), &value, sizeof(value));
  return added;
}
Tensor Graph::constant(float value) { return add_constant(CUDNN_DATA_FLOAT, value); }
Tensor Graph::constant(int32_t value) { return add_constant(CUDNN_DATA_INT32, value); }
Tensor Graph::constant(int64_t value) { return add_constant(CUDNN_DATA_INT64, value); }

void Graph::connect(const Descriptor& operation, cudnnBackendAttributeName_t name, Tensor tensor) {
  if (tensor.id != 0) set(operation, name, of(tensor));
}

void Graph::done(Descriptor operation) {
  finalize(operation, "operation");
  operations_.push_back(std::move(operation));
}

void Graph::multiply(Tensor a, Tensor b, Tensor out, const Lengths& lengths) {
  const Descriptor& how = settings_.emplace_back(make(CUDNN_BACKEND_MATMUL_DESCRIPTOR));
  set(how, CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_DATA_FLOAT);
  finalize(how, "matmul");
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  set(operation, CUDNN_ATTR_OPERATION_MATMUL_DESC, how.get());
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_ADESC, a);
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_BDESC, b);
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_CDESC, out);
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC, lengths.m);
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC, lengths.n);
  connect(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC, lengths.k);
  done(std::move(operation));
}

void Graph::pointwise(cudnnPointwiseMode_t mode, std::initializer_list<Tensor> inputs, Tensor out,
                      cudnnDataType_t computed_in) {
  const Descriptor& how = settings_.emplace_back(make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
  set(how, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  set(how, CUDNN_ATTR_POINTWISE_MATH_PREC, computed_in);
  finalize(how, "pointwise");
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  set(operation, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how.get());
  constexpr cudnnBackendAttributeName_t kNames[] = {CUDNN_ATTR_OPERATION_POINTWISE_XDESC,
                                                    CUDNN_ATTR_OPERATION_POINTWISE_BDESC,
                                                    CUDNN_ATTR_OPERATION_POINTWISE_TDESC};
  const cudnnBackendAttributeName_t* attribute = kNames;
  for (const Tensor input : inputs) connect(operation, *attribute++, input);
  connect(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, out);
  done(std::move(operation));
}

void Graph::index(Tensor like, int64_t axis, Tensor out) {
  const Descriptor& how = settings_.emplace_back(make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
  const cudnnPointwiseMode_t mode = CUDNN_POINTWISE_GEN_INDEX;
  set(how, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  set(how, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_INT32);
  set(how, CUDNN_ATTR_POINTWISE_AXIS, axis);
  finalize(how, "index");
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  set(operation, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how.get());
  connect(operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, like);
  connect(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, out);
  done(std::move(operation));
}

void Graph::reduce(cudnnReduceTensorOp_t reduction, Tensor x, Tensor out) {
  const Descriptor& how = settings_.emplace_back(make(CUDNN_BACKEND_REDUCTION_DESCRIPTOR));
  set(how, CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, &reduction);
  set(how, CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  finalize(how, "reduction");
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
  set(operation, CUDNN_ATTR_OPERATION_REDUCTION_DESC, how.get());
  connect(operation, CUDNN_ATTR_OPERATION_REDUCTION_XDESC, x);
  connect(operation, CUDNN_ATTR_OPERATION_REDUCTION_YDESC, out);
  done(std::move(operation));
}

void Graph::reshape(Tensor x, Tensor out) {
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
  connect(operation, CUDNN_ATTR_OPERATION_RESHAPE_XDESC, x);
  connect(operation, CUDNN_ATTR_OPERATION_RESHAPE_YDESC, out);
  done(std::move(operation));
}

void Graph::bernoulli(Tensor seed, Tensor offset, double probability, Tensor out) {
  const Descriptor& how = settings_.emplace_back(make(CUDNN_BACKEND_RNG_DESCRIPTOR));
  const cudnnRngDistribution_t distribution = CUDNN_RNG_DISTRIBUTION_BERNOULLI;
  set(how, CUDNN_ATTR_RNG_DISTRIBUTION, CUDNN_TYPE_RNG_DISTRIBUTION, 1, &distribution);
  set(how, CUDNN_ATTR_RNG_BERNOULLI_DIST_PROBABILITY, CUDNN_TYPE_DOUBLE, 1, &probability);
  finalize(how, "random numbers");
  Descriptor operation = make(CUDNN_BACKEND_OPERATION_RNG_DESCRIPTOR);
  set(operation, CUDNN_ATTR_OPERATION_RNG_DESC, how.get());
  connect(operation, CUDNN_ATTR_OPERATION_RNG_SEED, seed);
  connect(operation, CUDNN_ATTR_OPERATION_RNG_OFFSET_DESC, offset);
  connect(operation, CUDNN_ATTR_OPERATION_RNG_YDESC, out);
  done(std::move(operation));
}

Plan Graph::build(const std::string& device_json) && {
  Descriptor device;
  if (!device_json.empty()) {
    device = make(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    set(device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
        static_cast<int64_t>(device_json.size()), device_json.data());
    finalize(device, "device properties");
  }
  Descriptor graph = make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const Descriptor& operation : operations_) raw.push_back(operation.get());
  set(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
      static_cast<int64_t>(raw.size()), raw.data());
  cudnnHandle_t const on = device ? nullptr : handle();
  if (!device) set(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &on);
  finalize(graph, "operation graph");

  std::string reasons;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    for (Descriptor& engine : candidates(graph, mode, device)) {
      Descriptor made = make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      if (device)
        set(made, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device.get());
      else
        set(made, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &on);
      set(made, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine.get());
      const cudnnStatus_t status = library().finalize(made.get());
      if (status != CUDNN_STATUS_SUCCESS) {
        reasons += str(reasons.empty() ? "" : ", ", library().error_string(status));
        continue;
      }
      int64_t count = 0, workspace = 0;
      check(library().get_attribute(made.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                    CUDNN_TYPE_INT64, 1, &count, &workspace),
            "cudnnBackendGetAttribute");
      Plan plan;
      plan.workspace_bytes_ = static_cast<size_t>(workspace);
      plan.constants_ = std::move(constants_);
      for (std::vector<Descriptor>* parts : {&tensors_, &settings_, &operations_})
        for (Descriptor& part : *parts) plan.parts_.push_back(std::move(part));
      for (Descriptor* part : {&device, &graph, &engine}) plan.parts_.push_back(std::move(*part));
      plan.plan_ = std::move(made);
      return plan;
    }
  throw DeviceError(str("[cudnn] no engine takes the graph: ",
                        reasons.empty() ? "its heuristics name none" : reasons));
}

void Plan::run(const std::vector<Binding>& bindings, void* workspace, Stream stream) const {
  std::vector<int64_t> ids;
  std::vector<void*> data;
  for (const Binding& binding : bindings) {
    if (binding.tensor.id == 0) continue;
    ids.push_back(binding.tensor.id);
    data.push_back(const_cast<void*>(binding.data));
  }
  for (const Constant& constant : constants_) {
    ids.push_back(constant.id);
    data.push_back(const_cast<std::byte*>(constant.value.data()));
  }
  const Descriptor pack = make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  const auto count = static_cast<int64_t>(ids.size());
  set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data());
  set(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, data.data());
  set(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  finalize(pack, "variant pack");
  check(library().set_stream(handle(), static_cast<cudaStream_t>(stream.native)), "cudnnSetStream");
  check(library().execute(handle(), plan_.get(), pack.get()), "cudnnBackendExecute");
}

}  // namespace medley::kernels::cuda::cudnn
