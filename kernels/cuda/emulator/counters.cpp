#include "kernels/cuda/emulator/counters.h"

#include <iomanip>
#include <map>
#include <mutex>
#include <sstream>

namespace medley::kernels::cuda::emulator {
namespace {

struct Column {
  const char* name;
  int64_t Counters::*value;
};
constexpr Column kColumns[] = {
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
  for (const Column& column : kColumns) this->*column.value += other.*column.value;
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
  out << std::left << std::setw(40) << "kernel" << std::right;
  for (const Column& column : kColumns) out << ' ' << std::setw(12) << column.name;
  for (const auto& [kernel, counters] : record().kernels) {
    out << '\n' << std::left << std::setw(40) << kernel << std::right;
    for (const Column& column : kColumns) out << ' ' << std::setw(12) << counters.*column.value;
  }
  out << '\n';
  return out.str();
}

}  // namespace medley::kernels::cuda::emulator
