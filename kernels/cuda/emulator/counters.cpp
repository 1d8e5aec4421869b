#include "kernels/cuda/emulator/counters.h"

#include <iomanip>
#include <map>
#include <mutex>
#include <sstream>

namespace medley::kernels::cuda::emulator {
namespace {

struct Row {
  const char* name;
  int64_t Counters::*value;
};
constexpr Row kRows[] = {
    {"launches", &Counters::launches},
    {"blocks", &Counters::blocks},
    {"switches", &Counters::switches},
    {"barriers", &Counters::barriers},
    {"warp_operations", &Counters::warp_operations},
    {"mma", &Counters::mma},
    {"ldmatrix", &Counters::ldmatrix},
    {"ldmatrix_conflicts", &Counters::ldmatrix_conflicts},
    {"cp_async", &Counters::cp_async},
    {"cp_async_bytes", &Counters::cp_async_bytes},
    {"global_bytes_loaded", &Counters::global_bytes_loaded},
    {"global_bytes_stored", &Counters::global_bytes_stored},
    {"global_sectors", &Counters::global_sectors},
    {"global_sectors_least", &Counters::global_sectors_least},
    {"shared_accesses", &Counters::shared_accesses},
    {"shared_conflicts", &Counters::shared_conflicts},
    {"tma", &Counters::tma},
    {"tma_bytes", &Counters::tma_bytes},
    {"wgmma", &Counters::wgmma},
};

struct Record {
  std::mutex mutex;
  Counters last;
  std::map<std::string, Counters> kernels;
};
Record& record() {
  static Record instance;
  return instance;
}

}  // namespace

void Counters::operator+=(const Counters& other) {
  for (const Row& row : kRows) this->*row.value += other.*row.value;
}

Counters last_launch_counters() {
  std::lock_guard lock(record().mutex);
  return record().last;
}

void add_launch_counters(const char* kernel, const Counters& counters) {
  std::lock_guard lock(record().mutex);
  record().last = counters;
  record().kernels[kernel] += counters;
}

void reset_counters() {
  std::lock_guard lock(record().mutex);
  record().last = {};
  record().kernels.clear();
}

std::string counters_table() {
  std::lock_guard lock(record().mutex);
  std::ostringstream out;
  for (const auto& [kernel, counters] : record().kernels) {
    out << kernel << '\n';
    for (const Row& row : kRows)
      if (const int64_t value = counters.*row.value; value != 0)
        out << "  " << std::left << std::setw(24) << row.name << std::right << std::setw(16)
            << value << '\n';
  }
  return out.str();
}

}  // namespace medley::kernels::cuda::emulator
