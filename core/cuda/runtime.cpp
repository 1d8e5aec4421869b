// The backend of builds with CUDA: each function is one call of the CUDA runtime, or a few, with an
// error that says what was asked for.
#include <cuda_runtime.h>

#include "core/cuda/backend.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::cuda::backend {
namespace {

template <class... Parts>
void check(cudaError_t status, const Parts&... what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that can be survived must not show up at the next call
  throw DeviceError(
      str("[cuda] ", what..., ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status),
          ")"),
      "a kernel before may be the cause: compute-sanitizer, or CUDA_LAUNCH_BLOCKING=1");
}

cudaStream_t native(Stream stream) { return static_cast<cudaStream_t>(stream.native); }
cudaEvent_t native_event(void* event) { return static_cast<cudaEvent_t>(event); }

std::string version(int number) { return str(number / 1000, ".", number % 1000 / 10); }

cudaMemcpyKind kind_of(Direction direction) {
  switch (direction) {
    case Direction::to_device:
      return cudaMemcpyHostToDevice;
    case Direction::to_host:
      return cudaMemcpyDeviceToHost;
    case Direction::on_device:
      break;
  }
  return cudaMemcpyDeviceToDevice;
}

}  // namespace

int device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

std::string absence() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess) return "no GPU";
  if (status != cudaErrorInsufficientDriver) return cudaGetErrorString(status);
  int driver = 0;  // without one the runtime finds version 0 too old
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) return "no NVIDIA driver";
  return str("the NVIDIA driver serves CUDA ", version(driver), " and this build needs ",
             version(CUDART_VERSION));
}

DeviceInfo describe(int index) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "properties of cuda:", index);
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "version of the driver");
  check(cudaRuntimeGetVersion(&runtime), "version of the runtime");
  return {.name = properties.name,
          .major = properties.major,
          .minor = properties.minor,
          .multiprocessors = properties.multiProcessorCount,
          .memory = properties.totalGlobalMem,
          .driver = version(driver),
          .runtime = version(runtime)};
}

void make_current(int index) { check(cudaSetDevice(index), "choosing cuda:", index); }

int current_device() {
  int index = 0;
  check(cudaGetDevice(&index), "asking for the current device");
  return index;
}

void* allocate(size_t bytes, int index) {
  make_current(index);
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status != cudaErrorMemoryAllocation) check(status, "allocating ", bytes, " bytes");
  if (status != cudaSuccess) cudaGetLastError();
  return data;
}

void free(void* data, size_t, int) noexcept { cudaFree(data); }

void* allocate_pinned(size_t bytes) {
  void* data = nullptr;
  check(cudaMallocHost(&data, bytes == 0 ? 1 : bytes), "pinning ", bytes, " bytes of host memory");
  return data;
}

void free_pinned(void* data) noexcept { cudaFreeHost(data); }

void copy(void* to, const void* from, size_t bytes, Direction direction, Stream stream) {
  check(cudaMemcpyAsync(to, from, bytes, kind_of(direction), native(stream)), "copying ", bytes,
        " bytes");
}

// Distances of rows may be 2 GiB at most, and mean nothing where there is one row.
void copy_rows(void* to, const void* from, const Rows& how, Stream stream) {
  if (how.rows == 1) return copy(to, from, how.width, Direction::on_device, stream);
  check(cudaMemcpy2DAsync(to, how.to_stride, from, how.from_stride, how.width, how.rows,
                          cudaMemcpyDeviceToDevice, native(stream)),
        "copying ", how.rows, " rows of ", how.width, " bytes");
}

void fill_rows(void* to, int byte, const Rows& how, Stream stream) {
  const cudaError_t status = how.rows == 1 ? cudaMemsetAsync(to, byte, how.width, native(stream))
                                           : cudaMemset2DAsync(to, how.to_stride, byte, how.width,
                                                               how.rows, native(stream));
  check(status, "filling ", how.rows, " rows of ", how.width, " bytes");
}

// Not ordered with the default stream, which cannot be captured.
Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  return {stream};
}

void synchronize(Stream stream) {
  check(cudaStreamSynchronize(native(stream)), "waiting for the stream");
}

bool is_capturing(Stream stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(native(stream), &status), "asking whether a graph is captured");
  return status != cudaStreamCaptureStatusNone;
}

void* make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "making an event");
  return event;
}

void destroy_event(void* event) noexcept { cudaEventDestroy(native_event(event)); }

void record_event(void* event, Stream stream) {
  check(cudaEventRecord(native_event(event), native(stream)), "recording an event");
}

void hold(Stream stream, void* event) {
  check(cudaStreamWaitEvent(native(stream), native_event(event)), "holding a stream for an event");
}

void synchronize_event(void* event) {
  check(cudaEventSynchronize(native_event(event)), "waiting for an event");
}

double milliseconds(void* begin, void* end) {
  synchronize_event(end);
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, native_event(begin), native_event(end)),
        "the time between two events");
  return milliseconds;
}

// Relaxed: the allocator may have to ask for memory meanwhile, which the other modes refuse.
void begin_capture(Stream stream) {
  check(cudaStreamBeginCapture(native(stream), cudaStreamCaptureModeRelaxed), "capturing a graph");
}

void* end_capture(Stream stream) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(native(stream), &graph), "ending the capture of a graph");
  cudaGraphExec_t recording = nullptr;
  const cudaError_t status = cudaGraphInstantiate(&recording, graph, 0);
  cudaGraphDestroy(graph);
  check(status, "making a captured graph ready");
  return recording;
}

void abandon_capture(Stream stream) noexcept {
  cudaGraph_t graph = nullptr;
  if (cudaStreamEndCapture(native(stream), &graph) == cudaSuccess && graph != nullptr) {
    cudaGraphDestroy(graph);
  }
  cudaGetLastError();
}

void launch(void* recording, Stream stream) {
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(recording), native(stream)),
        "launching a graph");
}

void destroy_recording(void* recording) noexcept {
  cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(recording));
}

}  // namespace medley::cuda::backend
