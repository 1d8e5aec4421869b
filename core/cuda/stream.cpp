// The streams of each device and events between them.
#include "core/cuda/stream.h"

#include <array>
#include <mutex>

#include "core/cuda/backend.h"
#include "core/cuda/device.h"
#include "core/cuda/fault.h"
#include "core/error.h"

namespace medley::cuda {
namespace {

struct Streams {
  std::once_flag made;
  Stream compute, transfer;
};

// Streams live as long as the process: work may be queued by destructors of static objects.
Streams& streams_of(Device device) {
  static auto* all = new std::array<Streams, kMaxDevices>;
  require(device);
  backend::make_current(device.index);
  Streams& streams = (*all)[static_cast<size_t>(device.index)];
  std::call_once(streams.made, [&] {
    streams.compute = backend::make_stream();
    streams.transfer = backend::make_stream();
    make_fault_table(device, streams.compute);
  });
  return streams;
}

}  // namespace

Stream current_stream(Device device) { return streams_of(device).compute; }

Stream transfer_stream(Device device) { return streams_of(device).transfer; }

void synchronize(Device device) {
  const Streams& streams = streams_of(device);
  if (is_capturing(streams.compute)) {
    throw DeviceError("[cuda] the device was waited for while a graph is captured",
                      "wait after Graph::launch()");
  }
  backend::synchronize(streams.compute);
  backend::synchronize(streams.transfer);
  check_faults();
}

bool is_capturing(Stream stream) { return backend::is_capturing(stream); }

Event::Event(Device device) {
  require(device);
  backend::make_current(device.index);
  native_ = backend::make_event();
}

Event::~Event() { backend::destroy_event(native_); }

void Event::record(Stream stream) { backend::record_event(native_, stream); }

void Event::hold(Stream stream) const { backend::hold(stream, native_); }

void Event::synchronize() const { backend::synchronize_event(native_); }

double Event::milliseconds(const Event& begin, const Event& end) {
  return backend::milliseconds(begin.native_, end.native_);
}

}  // namespace medley::cuda
