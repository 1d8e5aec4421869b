// Runs a fuzz target without a fuzzer: on every file of a folder, on the beginnings of each, and on
// each with some bytes changed, the same ones every time.
//   fuzz_picture tests/fuzz/corpus/picture
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/philox.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  constexpr size_t kCuts = 300;
  constexpr int kChanged = 300;
  size_t runs = 0;
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
      std::vector<uint8_t> bytes(text.begin(), text.end());
      const size_t step = bytes.size() / kCuts + 1;
      for (size_t cut = 0; cut <= bytes.size(); cut += step, ++runs)
        LLVMFuzzerTestOneInput(bytes.data(), cut);
      medley::Random random(1, medley::Purpose::test);
      for (int n = 0; n < kChanged && !bytes.empty(); ++n, ++runs) {
        std::vector<uint8_t> changed = bytes;
        for (uint32_t flips = 1 + random.below(4); flips > 0; --flips)
          changed[random.below(static_cast<uint32_t>(changed.size()))] =
              static_cast<uint8_t>(random.next());
        LLVMFuzzerTestOneInput(changed.data(), changed.size());
      }
    }
  if (runs == 0) {
    std::fprintf(stderr, "there is no corpus\n");
    return 1;
  }
  std::printf("%zu inputs\n", runs);
}
