// Reads the files of the golden values.
#include "tests/oracle/oracle.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/safetensors.h"
#include "tests/catch.h"

namespace medley::oracle {

std::string path(const std::string& name) {
  const char* root = std::getenv("MEDLEY_ORACLES");
  const std::string found =
      (root && *root ? std::string(root) : MEDLEY_SOURCE_DIR "/tests/fixtures/oracles") + "/" +
      name;
  if (!std::filesystem::exists(found))
    throw IoError(str("there are no golden values at ", found),
                  "MEDLEY_ORACLES names their root, which holds blip/ and hf/");
  return found;
}

std::string read_text(const std::string& name) {
  std::ifstream file(path(name), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json read_json(const std::string& name) { return Json::parse(read_text(name)); }

std::vector<Json> read_lines(const std::string& name) {
  std::istringstream text(read_text(name));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) lines.push_back(Json::parse(line));
  return lines;
}

Tensors::Tensors(const std::string& name) : file_(name) {
  models::SafetensorsFile file(path(name));
  for (const models::SafetensorsEntry& entry : file.header().tensors) {
    if (entry.dtype != "BOOL") {
      all_[entry.name] = file.read(entry.name);
      continue;
    }
    Shape shape;
    for (const uint64_t size : entry.shape) shape.push_back(static_cast<int64_t>(size));
    std::vector<char> bytes(entry.end - entry.begin);
    file.read_bytes(entry, bytes);
    all_[entry.name] = Tensor::from(std::vector<uint8_t>(bytes.begin(), bytes.end()), shape);
  }
}

const Tensor& Tensors::at(const std::string& name) const {
  const auto found = all_.find(name);
  if (found == all_.end()) FAIL(file_ << " has no tensor " << name);
  return found->second;
}

std::vector<double> to_doubles(const Tensor& tensor) {
  const auto widen = [](const auto& v) { return std::vector<double>(v.begin(), v.end()); };
  switch (tensor.dtype()) {
    case DType::f32:
      return widen(tensor.to_vector<float>());
    case DType::f64:
      return tensor.to_vector<double>();
    case DType::i32:
      return widen(tensor.to_vector<int32_t>());
    case DType::i64:
      return widen(tensor.to_vector<int64_t>());
    case DType::u8:
      return widen(tensor.to_vector<uint8_t>());
    default:
      FAIL("no doubles from " << tensor.str());
  }
  return {};
}

std::vector<double> Tensors::values(const std::string& name) const { return to_doubles(at(name)); }

Tensor Tensors::f64(const std::string& name) const {
  return Tensor::from(values(name), at(name).shape());
}

models::ModelConfig model_config(const Json& config) {
  models::ModelConfig m;
  m.image_size = config.at("image_size");
  m.patch_size = config.at("patch_size");
  m.vit_width = config.at("vision_width");
  m.vit_depth = config.at("vision_layers");
  m.vit_heads = config.at("vision_heads");
  m.vit_ffn = config.at("vision_mlp");
  m.text_width = config.at("text_width");
  m.text_depth = config.at("text_layers");
  m.text_heads = config.at("text_heads");
  m.text_ffn = config.at("text_intermediate");
  m.max_positions = config.at("max_position_embeddings");
  m.vocab_size = config.at("vocab_size");
  m.vit_eps = config.at("vision_layer_norm_eps");
  m.text_eps = config.at("text_layer_norm_eps");
  m.dropout = config.at("dropout");
  m.drop_path = config.at("drop_path");
  m.embed_dim = config.value("embed_dim", m.embed_dim);
  m.max_tokens = config.value("max_length", m.max_tokens);
  return m;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) FAIL("element " << i << " is not finite");
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return worst;
}

void check_close(const std::string& what, const Tensor& tensor, const Tensor& expected,
                 double tolerance) {
  INFO(what);
  CHECK(largest_difference(to_doubles(tensor), to_doubles(expected)) <= tolerance);
}

}  // namespace medley::oracle
