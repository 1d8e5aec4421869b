// The emulator's models against what GPUs computed: tests/fixtures/cuda/*.golden, written by the
// program golden_primitives.
#include <bit>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "core/cuda/memory.h"
#include "core/error.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"
#include "tests/golden/vectors.h"

using namespace medley::golden;  // NOLINT
using Catch::Contains;

namespace {

uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }

bool floats_agree(float x, float y, double relative, double floor = 0) {
  return agree({.floats = true, .relative = relative, .floor = floor}, bits(x), bits(y));
}

// As on a GPU for which the program has other code than the primitive needs.
void run_nothing(const uint32_t*, uint32_t*, uint32_t*, medley::Stream) {}
void run_as_sm_90(const uint32_t*, uint32_t*, uint32_t* code, medley::Stream stream) {
  const Code mark = Code::sm_90;
  medley::cuda::copy_to_device(code, &mark, sizeof mark, stream);
}

void run_with_report(const uint32_t*, uint32_t*, uint32_t*, medley::Stream) {
  throw medley::KernelError("deadlock");
}

}  // namespace

TEST_CASE("golden vectors: the models agree with what GPUs computed") {
  const std::filesystem::path folder = MEDLEY_SOURCE_DIR "/tests/fixtures/cuda";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".golden") continue;
    ++files;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const std::string& difference : differences(primitives(), from_text(text)))
      FAIL_CHECK(difference);
  }
  if (files == 0) std::cout << "no golden vectors are recorded yet in " << folder.string() << "\n";
  SUCCEED(files << " files");
}

TEST_CASE("golden vectors: recorded here, they survive the file and agree") {
  const Vectors vectors = record(primitives(), 1);
  CHECK(vectors.vectors.size() == primitives().size());
  const Vectors again = from_text(to_text(vectors));
  CHECK(again.device == vectors.device);
  CHECK(differences(primitives(), again).empty());
}

TEST_CASE("golden vectors: every schedule gives the same") {
  const Vectors vectors = record(primitives(), 2);
  CHECK(emulator_test::failing_schedules(
            8, [&] { return differences(primitives(), vectors).empty(); }) == 0);
}

TEST_CASE("golden vectors: every word of every primitive is compared") {
  Vectors vectors = record(primitives(), 1);
  for (Vector& vector : vectors.vectors)
    for (uint32_t& word : vector.out) word ^= 0x40000000u;
  const std::vector<std::string> found = differences(primitives(), vectors);
  REQUIRE(found.size() == primitives().size());
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string all = std::to_string(primitives()[i].outputs);
    CHECK_THAT(found[i], Contains(primitives()[i].name + (": " + all) + " of " + all + " words"));
  }
}

TEST_CASE("golden vectors: a word that differs is named") {
  Vectors vectors = record(primitives(), 1);
  for (Vector& vector : vectors.vectors) vector.out[7] ^= 0x00200000u;
  const std::vector<std::string> found = differences(primitives(), vectors);
  REQUIRE(found.size() == vectors.vectors.size());
  CHECK_THAT(found[0], Contains("pack_bf16: 1 of 32 words differ from " + vectors.device +
                                ", the first is word 7: "));
  vectors.vectors.resize(1);
  vectors.vectors[0].in.pop_back();
  CHECK_THAT(differences(primitives(), vectors).at(0),
             Contains("no such primitive with 63 words in"));
}

TEST_CASE("golden vectors: what the emulator reports is a difference") {
  const Primitive primitive{"wait", Code::sm_80, Operands::bits, 1, 1, {}, run_with_report};
  const Vectors vectors{.device = "x", .vectors = {{"wait", {1}, {2}}}};
  CHECK(differences({&primitive, 1}, vectors) == std::vector<std::string>{"wait: deadlock"});
}

TEST_CASE("golden vectors: floats agree relative to their size") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float scale : {1e-30f, 1.0f, 1e30f}) {
    CHECK(floats_agree(1.0009f * scale, scale, 1e-3));
    CHECK_FALSE(floats_agree(1.0011f * scale, scale, 1e-3));
    CHECK_FALSE(floats_agree(-scale, scale, 1e-3));
  }
  CHECK(floats_agree(0.0f, -0.0f, 0));
  CHECK_FALSE(floats_agree(1e-40f, 0.0f, 1e-3));  // a subnormal that is not flushed
  CHECK(floats_agree(1e-40f, 0.0f, 1e-3, 1e-38));
  CHECK(floats_agree(1e-3f, -1e-3f, 0, 2.1e-3));
  CHECK_FALSE(floats_agree(1e-3f, -1e-3f, 0, 1.9e-3));
  CHECK(floats_agree(kInfinity, kInfinity, 1e-3));
  CHECK(floats_agree(kNan, -kNan, 1e-3));
  for (const float other : {-kInfinity, kNan, std::numeric_limits<float>::max()}) {
    CHECK_FALSE(floats_agree(kInfinity, other, 1e-3, 1e-3));
    CHECK_FALSE(floats_agree(other, kInfinity, 1e-3, 1e-3));
  }
  CHECK_FALSE(floats_agree(0.0f, kNan, 1e-3, 1e-3));
  CHECK_FALSE(agree({}, bits(0.0f), bits(-0.0f)));  // by default, words
}

TEST_CASE("golden vectors: a primitive runs where its code does") {
  CHECK(runs_on(Code::sm_80, 8, 0));
  CHECK(runs_on(Code::sm_80, 12, 1));
  CHECK_FALSE(runs_on(Code::sm_80, 7, 5));
  CHECK(runs_on(Code::sm_90, 10, 0));
  CHECK_FALSE(runs_on(Code::sm_90, 8, 9));
  CHECK(runs_on(Code::sm_90a, 9, 0));
  for (const int major : {8, 10, 12}) CHECK_FALSE(runs_on(Code::sm_90a, major, 0));
}

TEST_CASE("golden vectors: code in which a primitive is empty is refused") {
  Primitive primitive{"wgmma", Code::sm_90a, Operands::bits, 1, 1, {}, run_as_sm_90};
  CHECK_THROWS_WITH(record({&primitive, 1}, 1),
                    Contains("wgmma needs code for sm_90a, but what ran was compiled for sm_90") &&
                        Contains("CMAKE_CUDA_ARCHITECTURES=90a-real"));
  primitive.code = Code::sm_90;
  CHECK_NOTHROW(record({&primitive, 1}, 1));
  primitive.run = run_nothing;
  CHECK_THROWS_AS(record({&primitive, 1}, 1), medley::DeviceError);
}

TEST_CASE("golden vectors: a damaged file is refused with its line") {
  CHECK_THROWS_WITH(from_text(""), Contains("line 1: 'device ' is missing"));
  CHECK_THROWS_WITH(from_text("device x\nmma\nin 1 2\nouch"),
                    Contains("line 4: 'out ' is missing"));
  CHECK_THROWS_WITH(from_text("device x\nmma\nin 1 zwei\nout 1\n"), Contains("line 3: not a list"));
}
