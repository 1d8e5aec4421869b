// cuDNN, found when the program runs: a program built with it starts on machines that lack it.
#pragma once

#include <cudnn.h>

#include <string>

namespace medley::kernels::cuda::cudnn {

// The functions that are used, by their own names.
struct Library {
  decltype(&::cudnnGetVersion) version;
  decltype(&::cudnnGetErrorString) error_string;
  decltype(&::cudnnGetLastErrorString) last_error_string;
  decltype(&::cudnnCreate) create;
  decltype(&::cudnnSetStream) set_stream;
  decltype(&::cudnnBackendCreateDescriptor) create_descriptor;
  decltype(&::cudnnBackendDestroyDescriptor) destroy_descriptor;
  decltype(&::cudnnBackendSetAttribute) set_attribute;
  decltype(&::cudnnBackendGetAttribute) get_attribute;
  decltype(&::cudnnBackendFinalize) finalize;
  decltype(&::cudnnBackendExecute) execute;
};

// Why there is no library(), or too old a one; empty when there is one.
const std::string& library_absence();
// Throws DeviceError with library_absence().
const Library& library();
// Of the process. Throws DeviceError, as on a GPU or driver that this cuDNN does not know.
cudnnHandle_t handle();
// Throws DeviceError: [cudnn] call: CUDNN_STATUS_..., and what cuDNN says about it.
void check(cudnnStatus_t status, const char* call);

}  // namespace medley::kernels::cuda::cudnn
