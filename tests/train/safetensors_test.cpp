// safetensors files as a whole: round trip, layout, damage.
#include "models/weights/safetensors.h"

#include "core/error.h"
#include "tests/catch.h"
#include "tests/train/temp_folder.h"

namespace medley::models {
namespace {

using train::read_bytes;
using train::TempFolder;
using train::write_bytes;

std::string written(const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata) {
  std::string bytes;
  write_safetensors(tensors, metadata, [&](auto part) { bytes.append(part.data(), part.size()); });
  return bytes;
}

std::vector<NamedTensor> one_of_each() {
  return {{"bytes", Tensor::from(std::vector<uint8_t>{1, 2, 3}, {3})},
          {"name with \"quotes\" and \xC3\xA9", Tensor::from(std::vector<float>{1, -2.5f}, {1, 2})},
          {"scalar", Tensor::from(std::vector<double>{0.1}, {})},
          {"nothing", Tensor::empty({0, 4})},
          {"whole", Tensor::from(std::vector<int32_t>{-7, 8}, {2})},
          {"long", Tensor::from(std::vector<int64_t>{1LL << 40}, {1})}};
}

TEST_CASE("safetensors: what is written is read back") {
  TempFolder folder;
  std::vector<NamedTensor> tensors = one_of_each();
  SafetensorsMetadata metadata = {{"format", "pt"}, {"line", "a\nb"}};
  std::string bytes = written(tensors, metadata);
  CHECK(bytes.size() == safetensors_size(tensors, metadata));
  write_bytes(folder / "x.safetensors", bytes);
  SafetensorsFile file(folder / "x.safetensors", true);
  CHECK(file.header().metadata == metadata);
  CHECK(file.header().tensors.size() == tensors.size());
  for (const NamedTensor& named : tensors) {
    Tensor back = file.read(named.name);
    INFO(named.name);
    CHECK(back.dtype() == named.tensor.dtype());
    CHECK(back.shape() == named.tensor.shape());
    CHECK(std::string(static_cast<const char*>(back.raw()), back.bytes()) ==
          std::string(static_cast<const char*>(named.tensor.raw()), named.tensor.bytes()));
  }
}

TEST_CASE("safetensors: the layout is that of the format's own library") {
  std::string bytes = written({{"b", Tensor::from(std::vector<uint8_t>{9}, {1})},
                               {"a", Tensor::from(std::vector<float>{1}, {1})}},
                              {});
  std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                       R"("b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  CHECK(bytes.substr(0, 8) ==
        std::string(1, static_cast<char>(header.size())) + std::string(7, '\0'));
  CHECK(bytes.substr(8, header.size()) == header);
  CHECK(bytes.substr(8 + header.size()) == std::string("\0\0\x80\x3F\x09", 5));
}

TEST_CASE("safetensors: a name that stands twice is not written") {
  Tensor one = Tensor::zeros({1});
  CHECK_THROWS_AS(written({{"a", one}, {"a", one}}, {}), ValueError);
}

TEST_CASE("safetensors: a file that is cut short is refused, wherever the cut is") {
  TempFolder folder;
  std::string bytes = written(one_of_each(), {});
  std::string path = folder / "cut.safetensors";
  for (size_t length = 0; length < bytes.size(); length += 7) {
    write_bytes(path, bytes.substr(0, length));
    CHECK_THROWS_AS(SafetensorsFile(path), DataError);
  }
  write_bytes(path, bytes + "x");
  CHECK_THROWS_AS(SafetensorsFile(path), DataError);
}

TEST_CASE("safetensors: messages name the file, the tensor and the nearest name") {
  TempFolder folder;
  std::string path = folder / "x.safetensors";
  write_bytes(path, written({{"encoder.weight", Tensor::zeros({2, 3})}}, {}));
  SafetensorsFile file(path);
  CHECK_THROWS_WITH(file.read("encoder.wieght"), Catch::Contains("did you mean 'encoder.weight'") &&
                                                     Catch::Contains("x.safetensors"));
  CHECK_THROWS_WITH(file.read_into("encoder.weight", Tensor::zeros({3, 2})),
                    Catch::Contains("(2, 3)") && Catch::Contains("(3, 2)"));
  CHECK_THROWS_AS(file.read_into("encoder.weight", Tensor::zeros({2, 3}, DType::f64)), DataError);
  CHECK_THROWS_AS(SafetensorsFile(folder / "none.safetensors"), IoError);
  CHECK_THROWS_AS(SafetensorsFile(folder.path()), IoError);
}

TEST_CASE("safetensors: a header length beyond the limit is refused before anything is allocated") {
  TempFolder folder;
  std::string path = folder / "huge.safetensors";
  for (const std::string& length : {std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8),
                                    std::string("\x01\xE1\xF5\x05\x00\x00\x00\x00", 8)}) {
    write_bytes(path, length + "{}");
    CHECK_THROWS_WITH(SafetensorsFile(path), Catch::Contains("over the limit"));
  }
}

}  // namespace
}  // namespace medley::models
