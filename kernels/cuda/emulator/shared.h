// The shared memory of a block. At the block's start every byte is 0xff: NaN in float and bf16.
// Words before and behind it tell at the end whether something was written past its bounds.
#pragma once

#include <cstddef>

namespace medley::kernels::cuda::emulator {

class SharedMemory {
 public:
  ~SharedMemory();
  SharedMemory() = default;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void start(size_t bytes);  // fresh for a block
  bool bounds_intact() const;
  unsigned char* data() const {
    return data_;
  }  // a multiple of 1024, as TMA's 128-byte swizzle wants
  size_t size() const { return size_; }

 private:
  void unmap();
  unsigned char* mapping_ = nullptr;
  size_t mapping_bytes_ = 0;
  unsigned char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace medley::kernels::cuda::emulator
