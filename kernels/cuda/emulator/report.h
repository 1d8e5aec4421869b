// Bugs of kernels in words: kernel, block, thread, source line, and what is wrong. All are thrown
// as KernelError.
#pragma once

#include <string>
#include <vector>

#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

class Block;

[[noreturn]] void fail(Line line, const std::string& what);                 // in the running thread
[[noreturn]] void fail_block(const Block& block, const std::string& what);  // in no thread
// No thread of the block can go on: who waits where, how many have exited.
[[noreturn]] void fail_deadlock(const Block& block);

std::string hex(unsigned mask);                       // "0xff"
std::string ranges(const std::vector<int>& numbers);  // "0-31, 40": numbers in ascending order

}  // namespace medley::kernels::cuda::emulator
