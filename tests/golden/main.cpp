// golden_primitives FILE: runs every primitive of kernels/cuda/device on the device and writes the
// golden vectors. On a GPU, the file goes to tests/fixtures/cuda/, and the emulator's models are
// tested against it from then on.
#include <algorithm>
#include <fstream>
#include <iostream>

#include "core/cuda/device.h"
#include "core/error.h"
#include "tests/golden/vectors.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: golden_primitives FILE\n";
    return 2;
  }
  try {
    medley::cuda::require({medley::Device::Cuda, 0});
    constexpr int kRepeats = 2;
    const medley::golden::Vectors vectors =
        medley::golden::record(medley::golden::primitives(), kRepeats);
    std::ofstream out(argv[1]);
    out << medley::golden::to_text(vectors);
    if (!out.flush()) throw medley::IoError(std::string("cannot write ") + argv[1]);
    std::cout << vectors.vectors.size() << " vectors of " << vectors.device << " in " << argv[1]
              << "\n";
    for (const medley::golden::Primitive& primitive : medley::golden::primitives())
      if (std::none_of(vectors.vectors.begin(), vectors.vectors.end(),
                       [&](const auto& vector) { return vector.primitive == primitive.name; }))
        std::cout << "not on this GPU: " << primitive.name << ", which needs "
                  << medley::golden::name(primitive.code) << "\n";
  } catch (const medley::Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return error.exit_code();
  }
}
