// The memory of the emulated device: one range of addresses, reserved and closed (PROT_NONE). It is
// opened while a DeviceAccess exists, so host code that touches it in between ends with a message
// that says where.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

namespace medley::cuda {

class DeviceRegion {
 public:
  static DeviceRegion& get();  // reserved at the first call, never given back

  // Whole pages, lowest address that fits; null when the range is used up.
  void* allocate(size_t bytes);
  void free(void* data, size_t bytes) noexcept;

  // Nestable, from any thread.
  void open();
  void close();
  bool is_open() const { return depth_ > 0; }
  bool contains(const void* address) const;

 private:
  DeviceRegion();
  void protect(int protection);

  std::mutex mutex_;
  std::byte* base_ = nullptr;
  size_t used_ = 0;                // highest end of a block so far: what is opened and closed
  std::map<size_t, size_t> gaps_;  // offset -> size of each free range; neighbours are merged
  int depth_ = 0;
  bool guarded_ = true;
};

}  // namespace medley::cuda
