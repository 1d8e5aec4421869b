// The backend of emulated builds. Streams run their work at once; while a graph is captured they
// keep it in a list.
#include "core/cuda/emulated.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "core/cuda/backend.h"
#include "core/cuda/device_region.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

using Recording = std::vector<std::function<void()>>;

struct EmulatedStream {
  std::unique_ptr<Recording> recording;  // while a graph is captured
};

EmulatedStream& native(Stream stream) { return *static_cast<EmulatedStream*>(stream.native); }

struct EmulatedEvent {
  std::chrono::steady_clock::time_point when;
};

EmulatedEvent& native_event(void* event) { return *static_cast<EmulatedEvent*>(event); }

}  // namespace

void enqueue(Stream stream, std::function<void()> work) {
  if (is_capturing(stream)) {
    native(stream).recording->push_back(std::move(work));
    return;
  }
  const DeviceAccess access;
  work();
}

namespace backend {

int device_count() { return 1; }
std::string absence() { return ""; }

DeviceInfo describe(int) {
  const auto memory =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  return {.name = "emulated on the CPU",
          .major = 9,
          .minor = 0,
          .multiprocessors = 8,
          .memory = memory,
          .driver = "none",
          .runtime = "emulated"};
}

void make_current(int) {}
int current_device() { return 0; }

void* allocate(size_t bytes, int) { return DeviceRegion::get().allocate(bytes); }
void free(void* data, size_t bytes, int) noexcept { DeviceRegion::get().free(data, bytes); }

void* allocate_pinned(size_t bytes) {
  void* data = std::malloc(bytes == 0 ? 1 : bytes);
  if (data == nullptr) throw MemoryError(str("[cuda] no ", bytes, " bytes of host memory"));
  return data;
}

void free_pinned(void* data) noexcept { std::free(data); }

void copy(void* to, const void* from, size_t bytes, Direction, Stream stream) {
  enqueue(stream, [=] { std::memmove(to, from, bytes); });
}

void copy_rows(void* to, const void* from, const Rows& how, Stream stream) {
  enqueue(stream, [=] {
    for (size_t i = 0; i < how.rows; ++i) {
      std::memcpy(static_cast<std::byte*>(to) + i * how.to_stride,
                  static_cast<const std::byte*>(from) + i * how.from_stride, how.width);
    }
  });
}

void fill_rows(void* to, int byte, const Rows& how, Stream stream) {
  enqueue(stream, [=] {
    for (size_t i = 0; i < how.rows; ++i) {
      std::memset(static_cast<std::byte*>(to) + i * how.to_stride, byte, how.width);
    }
  });
}

Stream make_stream() { return {new EmulatedStream}; }
void synchronize(Stream) {}
bool is_capturing(Stream stream) {
  return stream.native != nullptr && native(stream).recording != nullptr;
}

void* make_event() { return new EmulatedEvent; }
void destroy_event(void* event) noexcept { delete static_cast<EmulatedEvent*>(event); }
void record_event(void* event, Stream) {
  native_event(event).when = std::chrono::steady_clock::now();
}
void hold(Stream, void*) {}
void synchronize_event(void*) {}

double milliseconds(void* begin, void* end) {
  const auto duration = native_event(end).when - native_event(begin).when;
  return std::chrono::duration<double, std::milli>(duration).count();
}

void begin_capture(Stream stream) { native(stream).recording = std::make_unique<Recording>(); }
void* end_capture(Stream stream) { return native(stream).recording.release(); }
void abandon_capture(Stream stream) noexcept { native(stream).recording.reset(); }

void launch(void* recording, Stream stream) {
  for (const auto& work : *static_cast<Recording*>(recording)) enqueue(stream, work);
}

void destroy_recording(void* recording) noexcept { delete static_cast<Recording*>(recording); }

}  // namespace backend
}  // namespace medley::cuda
