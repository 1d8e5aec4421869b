#include "kernels/cuda/cudnn/library.h"

#include <dlfcn.h>

#include "core/error.h"
#include "core/str.h"

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr size_t kOldest = 91000;  // before, a masked score is not minus infinity

struct Loaded {
  Library library{};
  std::string absence;
};

template <class F>
bool find(void* file, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(file, name));
  return function != nullptr;
}

Loaded load() {
  Loaded loaded;
  void* const file = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_GLOBAL);
  if (file == nullptr) {
    loaded.absence = str("cuDNN 9 is not on this machine (", dlerror(), ")");
    return loaded;
  }
  Library& l = loaded.library;
  const bool complete = find(file, "cudnnGetVersion", l.version) &&
                        find(file, "cudnnGetErrorString", l.error_string) &&
                        find(file, "cudnnGetLastErrorString", l.last_error_string) &&
                        find(file, "cudnnCreate", l.create) &&
                        find(file, "cudnnSetStream", l.set_stream) &&
                        find(file, "cudnnBackendCreateDescriptor", l.create_descriptor) &&
                        find(file, "cudnnBackendDestroyDescriptor", l.destroy_descriptor) &&
                        find(file, "cudnnBackendSetAttribute", l.set_attribute) &&
                        find(file, "cudnnBackendGetAttribute", l.get_attribute) &&
                        find(file, "cudnnBackendFinalize", l.finalize) &&
                        find(file, "cudnnBackendExecute", l.execute);
  if (!complete) {
    loaded.absence = str("libcudnn.so.9 lacks a function (", dlerror(), ")");
  } else if (const size_t version = l.version(); version < kOldest) {
    loaded.absence = str("cuDNN is ", version / 10000, ".", version / 100 % 100, ".", version % 100,
                         ", older than 9.10");
  }
  return loaded;
}

const Loaded& loaded() {
  static const Loaded loaded = load();
  return loaded;
}

}  // namespace

const std::string& library_absence() { return loaded().absence; }

const Library& library() {
  if (!library_absence().empty())
    throw DeviceError(str("[cudnn] ", library_absence()),
                      "put the folder of libcudnn.so.9, 9.10 or newer, into LD_LIBRARY_PATH");
  return loaded().library;
}

cudnnHandle_t handle() {
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t made;
    check(library().create(&made), "cudnnCreate");
    return made;
  }();
  return handle;
}

void check(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char more[512] = "";
  library().last_error_string(more, sizeof(more));
  throw DeviceError(str("[cudnn] ", call, ": ", library().error_string(status), ". ", more));
}

}  // namespace medley::kernels::cuda::cudnn
