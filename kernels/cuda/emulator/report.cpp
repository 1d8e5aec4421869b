#include "kernels/cuda/emulator/report.h"

#include <map>
#include <sstream>
#include <string_view>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/emulator/block.h"

namespace medley::kernels::cuda::emulator {
namespace {

// This file's name as the compiler was given it begins with the path to the tree.
constexpr std::string_view kThisFile = "kernels/cuda/emulator/report.cpp";
constexpr size_t kRootLength = std::string_view(__FILE__).size() - kThisFile.size();

std::string place(const Block& block) {
  return str("[", block.grid.kernel, "] block (", block.index.x, ", ", block.index.y, ", ",
             block.index.z, ")");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Line line) {
  std::string_view file = line.file;
  if (file.starts_with(std::string_view(__FILE__).substr(0, kRootLength)))
    file.remove_prefix(kRootLength);
  while (file.starts_with("../")) file.remove_prefix(3);
  return out << file << ':' << line.number;
}

bool same(Line a, Line b) {
  return a.number == b.number && std::string_view(a.file) == std::string_view(b.file);
}

std::string hex(unsigned mask) {
  std::ostringstream out;
  out << "0x" << std::hex << mask;
  return out.str();
}

std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

void fail(Line line, const std::string& what) {
  const Thread& thread = *running_thread;
  throw KernelError(str(place(*running_block), ", thread ", thread.number, " (warp ", thread.warp(),
                        ", lane ", thread.lane(), ") at ", line, ": ", what));
}

void fail_block(const Block& block, const std::string& what) {
  throw KernelError(place(block) + ": " + what);
}

void fail_deadlock(const Block& block) {
  std::map<std::string, std::vector<int>> waiting;
  std::vector<int> exited;
  for (const Thread& thread : block.threads) {
    if (thread.done)
      exited.push_back(thread.number);
    else
      waiting[str(thread.operation, ", ", thread.line)].push_back(thread.number);
  }
  std::string text = "deadlock: no thread can go on";
  for (const auto& [where, threads] : waiting)
    text += str("\n  ", threads.size(), " wait at ", where, ": threads ", ranges(threads));
  text += str("\n  ", exited.size(), " have exited");
  if (!exited.empty()) text += ": threads " + ranges(exited);
  fail_block(block, text);
}

}  // namespace medley::kernels::cuda::emulator
