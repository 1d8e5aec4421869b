// The memory of the emulated device is closed to host code: what touches it ends the process with
// a message. A child process does.
#include "core/cuda/device.h"
#include "core/scope.h"
#include "core/tensor.h"
#include "tests/cuda/support.h"
#if defined(MEDLEY_CUDA_EMULATED)
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "core/cuda/emulated.h"

using namespace medley;
using namespace medley::tests;

namespace {

struct Outcome {
  int status = 0;
  std::string output;
};

// Runs f in a child process, with its standard error as output. What the test framework prints
// there about the signal is nobody's.
template <class F>
Outcome in_child(const F& f) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    close(ends[0]);
    cuda::report_bad_access();
    f();
    _exit(0);
  }
  close(ends[1]);
  Outcome outcome;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof(buffer))) > 0;)
    outcome.output.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

}  // namespace

TEST_CASE("cuda guard: host code that reads device memory is found") {
  const Tensor t = Tensor::zeros({100}, DType::f32, kCuda);
  const Outcome outcome = in_child([&] {
    const Scope tower("image_encoder");
    const Scope layer("layer", 3);
    std::cout << *static_cast<volatile float*>(t.data<float>() + 7);
  });
  CHECK((WIFSIGNALED(outcome.status) || WEXITSTATUS(outcome.status) != 0));
  CHECK_THAT(outcome.output, Catch::Contains("host code touched device memory") &&
                                 Catch::Contains("in image_encoder.layer[3]") &&
                                 Catch::Contains("hint: copy the tensor"));
}

TEST_CASE("cuda guard: open while a DeviceAccess exists, also a nested one") {
  const Tensor t = Tensor::zeros({100}, DType::f32, kCuda);
  const Outcome outcome = in_child([&] {
    const cuda::DeviceAccess outer;
    { const cuda::DeviceAccess inner; }
    t.data<float>()[7] = 1;
  });
  CHECK(WIFEXITED(outcome.status));
  CHECK(outcome.output.empty());
}

TEST_CASE("cuda guard: memory that nobody has") {
  const Tensor t = Tensor::zeros({100}, DType::f32, kCuda);
  const Outcome outcome = in_child([&] {
    const cuda::DeviceAccess access;
    *static_cast<volatile float*>(t.data<float>() + (size_t{1} << 32)) = 1;
  });
  CHECK((WIFSIGNALED(outcome.status) || WEXITSTATUS(outcome.status) != 0));
  CHECK_THAT(outcome.output, Catch::Contains("touched device memory that nobody has"));
}
#endif
