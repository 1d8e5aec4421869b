// The table of faults of each device: device memory that is read back at synchronisation points.
#include "core/cuda/fault.h"

#include <array>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/cuda/backend.h"
#include "core/cuda/device.h"
#include "core/cuda/memory.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

constexpr size_t kSlots = 64;

struct Table {
  Fault* slots = nullptr;  // [kSlots], device memory that lives as long as the process
  std::vector<std::pair<std::string, std::string>> names;  // op and array of each slot taken
};

std::mutex mutex;

Table& table_of(int device) {
  static auto* tables = new std::array<Table, kMaxDevices>;
  return (*tables)[static_cast<size_t>(device)];
}

std::string describe(const std::pair<std::string, std::string>& name, const Fault& fault) {
  const std::string where = str("[", name.first, "] ", name.second);
  switch (fault.kind) {
    case FaultKind::index_out_of_range:
      return str(where, " holds ", fault.value, " at position ", fault.position,
                 ", but must be from 0 to ", fault.limit - 1);
    case FaultKind::offsets_decrease:
      return str(where, " decreases: ", fault.value, " at position ", fault.position, " after ",
                 fault.limit);
    case FaultKind::offsets_end:
      return str(where, " ends with ", fault.value, " at position ", fault.position, ", not with ",
                 fault.limit);
    case FaultKind::none:
      break;
  }
  return where;
}

}  // namespace

void make_fault_table(Device device, Stream stream) {
  const std::lock_guard lock(mutex);
  Table& table = table_of(device.index);
  constexpr size_t kBytes = kSlots * sizeof(Fault);
  table.slots = static_cast<Fault*>(backend::allocate(kBytes, device.index));
  if (table.slots == nullptr) {
    throw MemoryError(str("[cuda] no ", kBytes, " bytes for faults on ", medley::str(device)));
  }
  fill_bytes(table.slots, 0, kBytes, stream);
}

Fault* fault_slot(const char* op, const char* array) {
  const Device device = current_device();
  current_stream(device);  // makes the table
  const std::lock_guard lock(mutex);
  Table& table = table_of(device.index);
  for (size_t i = 0; i < table.names.size(); ++i) {
    if (table.names[i].first == op && table.names[i].second == array) return table.slots + i;
  }
  if (table.names.size() == kSlots) throw DeviceError("[cuda] all slots for faults are taken");
  table.names.emplace_back(op, array);
  return table.slots + table.names.size() - 1;
}

void check_faults() {
  const Device device = current_device();
  const Stream stream = current_stream(device);
  const std::lock_guard lock(mutex);
  const Table& table = table_of(device.index);
  std::array<Fault, kSlots> faults{};
  const size_t bytes = table.names.size() * sizeof(Fault);
  if (bytes == 0) return;
  backend::copy(faults.data(), table.slots, bytes, backend::Direction::to_host, stream);
  backend::synchronize(stream);
  for (size_t i = 0; i < table.names.size(); ++i) {
    if (faults[i].kind == FaultKind::none) continue;
    fill_bytes(table.slots, 0, bytes, stream);
    throw ValueError(describe(table.names[i], faults[i]));
  }
}

}  // namespace medley::cuda
