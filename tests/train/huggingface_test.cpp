// Folders that medley writes are read back, from one file or several, in every float type.
#include "train/checkpoint/huggingface.h"

#include <cstdlib>

#include "core/error.h"
#include "models/blip/blip.h"
#include "models/weights/hf_folder.h"
#include "models/weights/load.h"
#include "tests/catch.h"
#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

using models::HfModel;

const models::Tokenizer& words() {
  static const models::Tokenizer tokenizer(
      {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", "a", "red", "dot"});
  return tokenizer;
}

models::HfConfig tiny_config(HfModel kind) {
  models::HfConfig config;
  config.kind = kind;
  config.model = models::preset("tiny").model;
  config.pad = words().pad();
  config.sep = words().sep();
  config.dec = words().dec();
  return config;
}

models::Blip make(uint64_t seed) {
  return {models::preset("tiny").model,
          {words().sep(), words().dec(), words().enc()},
          DType::f32,
          Device{},
          seed};
}

void check_equal(const FlatArena& a, const FlatArena& b, HfModel kind) {
  for (const std::string& part : models::parts_of(kind))
    for (const ArenaEntry& entry : a.layout().entries())
      if (entry.name.starts_with(part)) {
        INFO(entry.name);
        CHECK(a.at(entry.name).to_vector<float>() == b.at(entry.name).to_vector<float>());
      }
}

}  // namespace

TEST_CASE("a folder that was written is read back exactly", "[huggingface]") {
  for (const HfModel kind : {HfModel::caption, HfModel::itm}) {
    models::Blip blip = make(1), other = make(2);
    const TempFolder temp;
    // tests/scripts/check_transformers.py reads such folders: a place to keep them.
    const char* keep = std::getenv("MEDLEY_KEEP_FOLDERS");
    const std::string folder =
        (keep && *keep ? std::string(keep) : temp.path()) + "/" + models::architecture_of(kind);
    write_huggingface(folder, blip.weights().weights, tiny_config(kind), words());
    const models::HfConfig read = models::read_hf_config(folder + "/config.json");
    CHECK(read.kind == kind);
    CHECK(read.dec == words().dec());
    CHECK(read.model.image_size == blip.model().image_size);
    CHECK(read.model.ffn_width() == blip.model().ffn_width());
    CHECK(read.model.vit_eps == blip.model().vit_eps);
    models::WeightFiles files(folder);
    models::LoadOptions options;
    options.parts = models::parts_of(kind);
    const models::LoadReport report =
        models::load_weights(files, {&other.weights().weights}, options);
    CHECK(report.missing.empty());
    check_equal(blip.weights().weights, other.weights().weights, kind);
    CHECK_THROWS_AS(write_huggingface(folder, blip.weights().weights, tiny_config(kind), words()),
                    IoError);
  }
  CHECK_THROWS_AS(models::hf_tensors(make(1).weights().weights, HfModel::base), ValueError);
}

TEST_CASE("weights in several files are found by their index, which must be right",
          "[huggingface]") {
  models::Blip blip = make(1), other = make(2);
  const std::vector<models::NamedTensor> all =
      models::hf_tensors(blip.weights().weights, HfModel::itm);
  const TempFolder temp;
  std::string map;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  const std::vector<std::vector<models::NamedTensor>> shards = {{all.begin(), middle},
                                                                {middle, all.end()}};
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = "model-" + std::to_string(i + 1) + ".safetensors";
    std::string bytes;
    models::write_safetensors(shards[i], models::hf_metadata(), [&](std::span<const char> piece) {
      bytes.append(piece.begin(), piece.end());
    });
    write_bytes(temp / name, bytes);
    for (const models::NamedTensor& tensor : shards[i])
      map += (map.empty() ? "\"" : ", \"") + tensor.name + "\": \"" + name + "\"";
  }
  const std::string index = temp / "model.safetensors.index.json";
  const auto open = [&](const std::string& entries) {
    write_bytes(index, "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + entries + "}}");
    return models::WeightFiles(temp.path());
  };
  models::WeightFiles files = open(map);
  models::LoadOptions options;
  options.parts = models::parts_of(HfModel::itm);
  models::load_weights(files, {&other.weights().weights}, options);
  check_equal(blip.weights().weights, other.weights().weights, HfModel::itm);

  CHECK_THROWS_WITH(open(map + ", \"extra\": \"model-1.safetensors\""),
                    Catch::Contains("'extra' is not in"));
  CHECK_THROWS_WITH(open(map.substr(map.find(", ") + 2)), Catch::Contains("does not say"));
  CHECK_THROWS_WITH(open("\"a\": \"../x\""), Catch::Contains("names no file of this folder"));
  CHECK_THROWS_WITH(open(""), Catch::Contains("lists no weights"));
}

TEST_CASE("weights in f16, bf16 and f64 become the model's type, integers do not",
          "[huggingface]") {
  models::Blip blip = make(1);
  const std::string name = "itm_head.bias";
  const TempFolder temp;
  const auto load = [&](const Tensor& tensor) {
    std::string bytes;
    models::write_safetensors({{name, tensor}}, {}, [&](std::span<const char> piece) {
      bytes.append(piece.begin(), piece.end());
    });
    write_bytes(temp / "x.safetensors", bytes);
    models::WeightFiles files(temp / "x.safetensors");
    models::LoadOptions options;
    options.parts = {"itm_head."};
    options.allow_missing = true;
    models::load_weights(files, {&blip.weights().weights}, options);
    return blip.weights().weights.at(name).to_vector<float>();
  };
  const std::vector<float> values = {1.5f, -2};
  CHECK(load(Tensor::from(std::vector<double>{1.5, -2}, {2})) == values);
  CHECK(load(Tensor::from(values, {2}).to(DType::bf16)) == values);
  // f16, which medley has no tensors of: 1.5 and -2 in the file's bits.
  const std::string header =
      R"({"itm_head.bias":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  write_bytes(temp / "half.safetensors", file + header + std::string("\x00\x3E\x00\xC0", 4));
  models::WeightFiles half(temp / "half.safetensors");
  models::LoadOptions some;
  some.parts = {"itm_head."};
  some.allow_missing = true;
  blip.weights().weights.at(name).fill_zero();
  models::load_weights(half, {&blip.weights().weights}, some);
  CHECK(blip.weights().weights.at(name).to_vector<float>() == values);
  CHECK_THROWS_AS(load(Tensor::from(std::vector<int32_t>{1, 2}, {2})), DataError);
  CHECK_THROWS_WITH(load(Tensor::from(std::vector<float>{1, 2, 3}, {3})),
                    Catch::Contains("(3) instead of (2)"));
}

}  // namespace medley::train
