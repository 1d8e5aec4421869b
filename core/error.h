// Typed errors. Every message names the values and the place; the scopes open at the throw are
// added ("in a.b.c"), and an optional hint says what to do:
//   [attention] k has shape (8, 577, 12, 32) but q has head dim 64
//     in blip.text_decoder.layer[3].crossattention
//     hint: ...
#pragma once

#include <stdexcept>
#include <string>

namespace medley {

class Error : public std::runtime_error {
 public:
  // exit_code: what the medley program returns when this error ends it (table in docs/errors.md).
  Error(const std::string& message, const std::string& hint, int exit_code);
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

#define MEDLEY_ERROR(Name, code, meaning)                                   \
  class Name : public Error {                                               \
   public:                                                                  \
    explicit Name(const std::string& message, const std::string& hint = {}) \
        : Error(message, hint, code) {}                                     \
  };
MEDLEY_ERROR(ShapeError, 70, "tensor shapes do not fit")
MEDLEY_ERROR(DtypeError, 70, "element type is not what the op takes")
MEDLEY_ERROR(AutogradError, 70, "misuse of the tape")
MEDLEY_ERROR(ValueError, 2, "an argument is out of range")
MEDLEY_ERROR(ConfigError, 2, "a configuration or command line is wrong")
MEDLEY_ERROR(DataError, 3, "a data file is damaged or has the wrong form")
MEDLEY_ERROR(CheckpointError, 3, "a checkpoint is damaged or belongs to something else")
MEDLEY_ERROR(NonFiniteError, 4, "training met NaN or infinity too often")
MEDLEY_ERROR(IoError, 5, "the operating system refused a file operation")
MEDLEY_ERROR(DeviceError, 6, "the device is not there or cannot do this")
MEDLEY_ERROR(MemoryError, 7, "out of memory")
MEDLEY_ERROR(KernelError, 70, "the emulator found a bug in a CUDA kernel")
#undef MEDLEY_ERROR

}  // namespace medley
