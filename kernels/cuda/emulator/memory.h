// Checks of the addresses that primitives are given.
#pragma once

#include <cstddef>

#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

// The dynamic shared memory of the running block.
unsigned char* shared_memory();
bool is_shared(const void* address);
// As an instruction addresses it: its distance from the start of the block's shared memory.
unsigned shared_address(const void* address);

// Throw KernelError unless [address, address + bytes) lies in the block's shared memory, and the
// address is a multiple of `alignment`.
void check_shared(const char* operation, const void* address, size_t bytes, size_t alignment,
                  Line line);
void check_aligned(const char* operation, const void* address, size_t alignment, Line line);

// The eight 16-byte rows of one matrix: without conflicts if they lie in eight different groups of
// four banks.
void count_ldmatrix(const void* const (&rows)[8]);

// Orders memory between threads that call it, in the order of the calls.
void memory_fence();

}  // namespace medley::kernels::cuda::emulator
