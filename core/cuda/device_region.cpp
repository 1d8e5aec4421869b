// Address ranges, page protection, and the handler of accesses that should not be.
#include "core/cuda/device_region.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <string>

#include "core/cuda/emulated.h"
#include "core/env.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

constexpr size_t kReserved = size_t{64} << 30;  // of addresses: memory is taken page by page
constexpr size_t kPage = 4096;

size_t pages(size_t bytes) { return bytes == 0 ? kPage : (bytes + kPage - 1) / kPage * kPage; }

struct sigaction previous_action;

// Runs on the thread that touched the memory, in the middle of ordinary code of ours: building a
// string is safe there. Returning repeats the access, this time with the previous handler, so that
// a debugger or a core file shows the line.
void on_bad_access(int signal, siginfo_t* info, void*) {
  const DeviceRegion& region = DeviceRegion::get();
  if (region.contains(info->si_addr)) {
    const std::string path = Scope::path();
    const std::string text =
        region.is_open()
            ? str("error: [cuda] a kernel touched device memory that nobody has, at ",
                  info->si_addr, "\n")
            : str("error: [cuda] host code touched device memory, at ", info->si_addr,
                  path.empty() ? "" : "\n  in " + path,
                  "\n  hint: copy the tensor with to(Device::Cpu), or run a kernel on it\n");
    static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
  }
  sigaction(signal, &previous_action, nullptr);
}

bool guard_wanted() {
  const std::string text = env("MEDLEY_DEVICE_GUARD");
  if (text != "on" && text != "off") {
    throw ValueError(str("MEDLEY_DEVICE_GUARD is '", text, "'"), "use on or off");
  }
  return text == "on";
}

}  // namespace

DeviceRegion& DeviceRegion::get() {
  static auto* region = new DeviceRegion;
  return *region;
}

DeviceRegion::DeviceRegion() : guarded_(guard_wanted()) {
  void* base = mmap(nullptr, kReserved, guarded_ ? PROT_NONE : PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    throw MemoryError(str("[cuda] no ", kReserved >> 30, " GiB of addresses for emulated memory"),
                      "raise the limit of the address space: ulimit -v unlimited");
  }
  base_ = static_cast<std::byte*>(base);
  gaps_.emplace(0, kReserved);
  if (guarded_) report_bad_access();
}

void* DeviceRegion::allocate(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const size_t size = pages(bytes);
  for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
    const auto [offset, room] = *gap;
    if (room < size) continue;
    gaps_.erase(gap);
    if (room > size) gaps_.emplace(offset + size, room - size);
    if (offset + size > used_) {
      used_ = offset + size;
      if (depth_ > 0) protect(PROT_READ | PROT_WRITE);
    }
    return base_ + offset;
  }
  return nullptr;
}

void DeviceRegion::free(void* data, size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  size_t offset = static_cast<size_t>(static_cast<std::byte*>(data) - base_);
  size_t size = pages(bytes);
  madvise(data, size, MADV_DONTNEED);
  const auto next = gaps_.lower_bound(offset);
  if (next != gaps_.end() && next->first == offset + size) {
    size += next->second;
    gaps_.erase(next);
  }
  const auto after = gaps_.lower_bound(offset);
  if (after != gaps_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += size;
      return;
    }
  }
  gaps_.emplace(offset, size);
}

void DeviceRegion::open() {
  const std::lock_guard lock(mutex_);
  if (++depth_ == 1) protect(PROT_READ | PROT_WRITE);
}

void DeviceRegion::close() {
  const std::lock_guard lock(mutex_);
  if (--depth_ == 0) protect(PROT_NONE);
}

void DeviceRegion::protect(int protection) {
  if (guarded_ && used_ > 0) mprotect(base_, used_, protection);
}

bool DeviceRegion::contains(const void* address) const {
  const auto* byte = static_cast<const std::byte*>(address);
  return byte >= base_ && byte < base_ + kReserved;
}

void report_bad_access() {
  struct sigaction action = {};
  action.sa_sigaction = on_bad_access;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  struct sigaction before = {};
  sigaction(SIGSEGV, &action, &before);
  // Installed twice it must not become its own predecessor: the access would repeat for ever.
  if (before.sa_sigaction != on_bad_access) previous_action = before;
}

DeviceAccess::DeviceAccess() { DeviceRegion::get().open(); }

DeviceAccess::~DeviceAccess() { DeviceRegion::get().close(); }

}  // namespace medley::cuda
