// Golden values of other implementations. A test names a folder and reads sizes, names and cases
// from the folder's own files, so that it runs on any set of the same form: MEDLEY_ORACLES names
// the root; without it, the copy in tests/fixtures/oracles. What is missing fails the test.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "models/config.h"

namespace medley::oracle {

using Json = nlohmann::json;

// The path of `name` below the root; throws IoError when nothing is there.
std::string path(const std::string& name);
std::string read_text(const std::string& name);
Json read_json(const std::string& name);
// One value a line.
std::vector<Json> read_lines(const std::string& name);

// All tensors of a safetensors file.
class Tensors {
 public:
  explicit Tensors(const std::string& name);
  bool contains(const std::string& name) const { return all_.count(name) > 0; }
  const Tensor& at(const std::string& name) const;  // as stored; fails the test when missing
  Tensor f64(const std::string& name) const;        // floats, widened
  std::vector<double> values(const std::string& name) const;  // of any type, as doubles
  const std::map<std::string, Tensor>& all() const { return all_; }

 private:
  std::string file_;
  std::map<std::string, Tensor> all_;
};

// The model of a config.json of blip/: sizes, epsilons, dropout.
models::ModelConfig model_config(const Json& config);

// Elements of any type as doubles.
std::vector<double> to_doubles(const Tensor& tensor);
// max |a - b|; fails the test when the sizes differ or a value is not finite.
double largest_difference(const std::vector<double>& a, const std::vector<double>& b);
// CHECKs largest_difference(tensor, expected) <= tolerance, with `what` in the message.
void check_close(const std::string& what, const Tensor& tensor, const Tensor& expected,
                 double tolerance);

}  // namespace medley::oracle
