// Faults: recorded by a kernel, reported where the host waits, then cleared.
#include "core/cuda/fault.h"

#include "core/cuda/memory.h"
#include "core/error.h"
#include "core/tensor.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

namespace {

// As a kernel's raise_fault() does.
void record(cuda::Fault* slot, const cuda::Fault& fault) {
  cuda::copy_to_device(slot, &fault, sizeof(fault), stream());
}

const Tensor& anything() {
  static const Tensor t = Tensor::zeros({1}, DType::f32, kCuda);
  return t;
}

}  // namespace

TEST_CASE("cuda faults: a slot for each name, the same at every call") {
  if (no_device()) return;
  cuda::Fault* a = cuda::fault_slot("first");
  CHECK(a == cuda::fault_slot("first"));
  CHECK(a != cuda::fault_slot("second"));
  CHECK(a != cuda::fault_slot("first", "ids"));
  CHECK_NOTHROW(cuda::check_faults());
}

TEST_CASE("cuda faults: each kind in words") {
  if (no_device()) return;
  using cuda::FaultKind;
  record(cuda::fault_slot("gather"), {FaultKind::index_out_of_range, 3, 9, 8});
  CHECK_THROWS_WITH(cuda::check_faults(),
                    "[gather] index holds 9 at position 3, but must be from 0 to 7");
  record(cuda::fault_slot("attention", "cu_q"), {FaultKind::offsets_decrease, 2, 5, 6});
  CHECK_THROWS_WITH(cuda::check_faults(), "[attention] cu_q decreases: 5 at position 2 after 6");
  record(cuda::fault_slot("attention", "cu_k"), {FaultKind::offsets_end, 4, 30, 31});
  CHECK_THROWS_WITH(cuda::check_faults(),
                    "[attention] cu_k ends with 30 at position 4, not with 31");
  CHECK_NOTHROW(cuda::check_faults());  // cleared
}

TEST_CASE("cuda faults: every point where the host waits reports them, once") {
  if (no_device()) return;
  const cuda::Fault fault{cuda::FaultKind::index_out_of_range, 0, -1, 4};
  const auto raise = [&] { record(cuda::fault_slot("embedding", "ids"), fault); };
  static_cast<void>(anything());
  raise();
  CHECK_THROWS_AS(anything().item(), ValueError);
  raise();
  CHECK_THROWS_AS(anything().to_vector<float>(), ValueError);
  raise();
  CHECK_THROWS_AS(anything().to(Device{}), ValueError);
  raise();
  CHECK_THROWS_AS(cuda::synchronize(kCuda), ValueError);
  CHECK(anything().item() == 0);
}
