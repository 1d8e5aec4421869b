// medley inspect on every kind of weight file, sound and refused.
#include <cmath>
#include <limits>

#include "core/json.h"
#include "models/weights/safetensors.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

const std::string kOracles = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/";
const std::string kCorpus = MEDLEY_SOURCE_DIR "/tests/fuzz/corpus/";

Json inspected(const std::string& path) {
  const Result r = run({"inspect", path, "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  return Json::parse(r.out, "stdout").at("files");
}

std::string file_of(const std::vector<models::NamedTensor>& tensors) {
  std::string bytes;
  models::write_safetensors(tensors, {{"made", "here"}}, [&](std::span<const char> part) {
    bytes.append(part.data(), part.size());
  });
  return bytes;
}

}  // namespace

TEST_CASE("cli: inspect lists safetensors, .pth in both forms and Hugging Face folders") {
  const Json folder = inspected(kOracles + "hf/models/caption");
  CHECK(folder.items().at(0).at("format").text() == "safetensors");
  CHECK(folder.items()[0].at("metadata").at("format").text() == "pt");
  CHECK(folder.items()[0].at("tensors").items().size() > 50);

  for (const char* name : {"zip", "legacy"}) {
    const Json files = inspected(kCorpus + "pth/" + name + ".pth");
    const Json& file = files.items().at(0);
    CHECK(file.at("format").text() == std::string("torch.save, ") + name);
    CHECK(file.at("metadata").at("epoch").text() == "3");
    bool found = false;
    for (const Json& tensor : file.at("tensors").items())
      if (tensor.at("name").text() == "model.w") {
        found = true;
        CHECK(tensor.at("shape").text() == "(2, 3)");
        CHECK(tensor.at("dtype").text() == "F32");
        CHECK(tensor.at("bytes").integer() == 24);
        CHECK(tensor.at("values").integer() == 6);
      }
    CHECK(found);
  }
  CHECK_THAT(run({"inspect", kCorpus + "pth/zip.pth"}).out, Catch::Contains("epoch: 3"));
}

TEST_CASE("cli: inspect counts values that are no numbers in a sound file") {
  TempFolder temp;
  std::vector<float> values(9, 1);
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[7] = -std::numeric_limits<float>::infinity();
  write_bytes(temp / "x.safetensors",
              file_of({{"good", Tensor::from(std::vector<float>{1, 2}, {2})},
                       {"bad", Tensor::from(values, {3, 3})}}));
  const Json tensors = inspected(temp / "x.safetensors").items().at(0).at("tensors");
  for (const Json& tensor : tensors.items())
    CHECK(tensor.at("not_finite").integer() == (tensor.at("name").text() == "bad" ? 2 : 0));
  const Result r = run({"inspect", temp / "x.safetensors"});
  CHECK(r.code == 0);
  CHECK_THAT(r.out, Catch::Contains("bad: 2 values are NaN or infinite"));
}

TEST_CASE("cli: inspect refuses what is damaged with 3, and what is not there with 5") {
  TempFolder temp;
  const std::string whole = file_of({{"x", Tensor::from(std::vector<float>{1, 2, 3}, {3})}});
  const std::string zip = read_bytes(kCorpus + "pth/zip.pth");
  struct Case {
    const char* name;
    std::string bytes;
  };
  for (const Case& c : {Case{"cut.safetensors", whole.substr(0, whole.size() - 1)},
                        {"long.safetensors", whole + "x"},
                        {"empty.safetensors", ""},
                        {"cut.pth", zip.substr(0, zip.size() / 2)},
                        {"text.bin", "hello, this is no model"},
                        {"evil.pth",
                         "\x80\x02"
                         "cposix\nsystem\nq\x01X\x02\0\0\0idR."}}) {
    write_bytes(temp / c.name, c.bytes);
    const Result r = run({"inspect", temp / c.name, "--json"});
    INFO(c.name << ": " << r.err);
    CHECK(r.code == 3);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, Catch::Contains(c.name));
  }
  CHECK(run({"inspect", temp / "none.pth"}).code == 5);
  CHECK(run({"inspect", temp.path()}).code == 5);
}

}  // namespace medley::train
