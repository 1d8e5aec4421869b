// The backend of builds without CUDA: no devices, and an error for whoever goes on regardless.
#include "core/cuda/backend.h"
#include "core/error.h"

namespace medley::cuda::backend {
namespace {

[[noreturn]] void refuse() {
  throw DeviceError("[cuda] " + absence(), "build with CUDA: cmake --preset cuda, or emulate");
}

}  // namespace

int device_count() { return 0; }
std::string absence() { return "medley was built without CUDA"; }
DeviceInfo describe(int) { refuse(); }
void make_current(int) { refuse(); }
int current_device() { return 0; }

void* allocate(size_t, int) { refuse(); }
void free(void*, size_t, int) noexcept {}
void* allocate_pinned(size_t) { refuse(); }
void free_pinned(void*) noexcept {}
void copy(void*, const void*, size_t, Direction, Stream) { refuse(); }
void copy_rows(void*, const void*, const Rows&, Stream) { refuse(); }
void fill_rows(void*, int, const Rows&, Stream) { refuse(); }

Stream make_stream() { refuse(); }
void synchronize(Stream) { refuse(); }
bool is_capturing(Stream) { return false; }

void* make_event() { refuse(); }
void destroy_event(void*) noexcept {}
void record_event(void*, Stream) { refuse(); }
void hold(Stream, void*) { refuse(); }
void synchronize_event(void*) { refuse(); }
double milliseconds(void*, void*) { refuse(); }

void begin_capture(Stream) { refuse(); }
void* end_capture(Stream) { refuse(); }
void abandon_capture(Stream) noexcept {}
void launch(void*, Stream) { refuse(); }
void destroy_recording(void*) noexcept {}

}  // namespace medley::cuda::backend
