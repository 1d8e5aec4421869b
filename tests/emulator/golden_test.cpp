// The emulator's models against what GPUs computed: tests/fixtures/cuda/*.golden, written by the
// program golden_primitives.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/golden/vectors.h"

using namespace medley::golden;  // NOLINT
using Catch::Contains;

TEST_CASE("golden vectors: the models agree with what GPUs computed") {
  const std::filesystem::path folder = MEDLEY_SOURCE_DIR "/tests/fixtures/cuda";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".golden") continue;
    ++files;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const std::string& difference : differences(from_text(text))) FAIL_CHECK(difference);
  }
  if (files == 0) std::cout << "no golden vectors are recorded yet in " << folder.string() << "\n";
  SUCCEED(files << " files");
}

TEST_CASE("golden vectors: recorded here, they survive the file and agree") {
  const Vectors vectors = record(1);
  CHECK(vectors.vectors.size() == primitives().size());
  const Vectors again = from_text(to_text(vectors));
  CHECK(again.device == vectors.device);
  CHECK(differences(again).empty());
}

TEST_CASE("golden vectors: a word that differs is named") {
  Vectors vectors = record(1);
  for (Vector& vector : vectors.vectors) vector.out[7] ^= 0x00200000u;
  const std::vector<std::string> found = differences(vectors);
  REQUIRE(found.size() == vectors.vectors.size());
  CHECK_THAT(found[0], Contains("pack_bf16: 1 of 32 words differ from " + vectors.device +
                                ", the first is word 7: "));
  vectors.vectors.resize(1);
  vectors.vectors[0].in.pop_back();
  CHECK_THAT(differences(vectors).at(0), Contains("no such primitive with 63 words in"));
}

TEST_CASE("golden vectors: a damaged file is refused with its line") {
  CHECK_THROWS_WITH(from_text(""), Contains("line 1: 'device ' is missing"));
  CHECK_THROWS_WITH(from_text("device x\nmma\nin 1 2\nouch"),
                    Contains("line 4: 'out ' is missing"));
  CHECK_THROWS_WITH(from_text("device x\nmma\nin 1 zwei\nout 1\n"), Contains("line 3: not a list"));
}
