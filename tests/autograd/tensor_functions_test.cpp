// Every public function of Tensor, and what becomes of the gradient in it while a tape records. One
// that core/tensor.h declares and the table does not have fails the test.
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "autograd/ops/gelu.h"
#include "autograd/ops/layout.h"
#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/scope.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::Leaf;
using tests::random_tensor;

enum class Kind {
  keeps,   // gives a tensor with the same link
  itself,  // gives the tensor
  stops,   // gives a tensor without a link: that is what it is for
  throws,  // AutogradError; without a tape it does its work, and what it gives has no link
};

struct Function {
  const char* name;
  Kind kind;
  std::function<Tensor(const Tensor&)> call;  // of a tensor (3, 4) in f64
};

Tensor strided(const Tensor& x) {
  Tensor t = x.detach().transpose(0, 1);
  t.set_link(x.link());
  return t;
}

const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
      {"view", Kind::keeps, [](const Tensor& x) { return x.view({12}); }},
      {"contiguous", Kind::itself, [](const Tensor& x) { return x.contiguous(); }},
      {"to", Kind::itself, [](const Tensor& x) { return x.to(x.device()); }},
      {"to", Kind::itself, [](const Tensor& x) { return x.to(x.dtype()); }},
      {"detach", Kind::stops, [](const Tensor& x) { return x.detach(); }},
      {"slice", Kind::throws, [](const Tensor& x) { return x.slice(0, 1, 3); }},
      {"transpose", Kind::throws, [](const Tensor& x) { return x.transpose(0, 1); }},
      {"contiguous", Kind::throws, [](const Tensor& x) { return strided(x).contiguous(); }},
      {"clone", Kind::throws, [](const Tensor& x) { return x.clone(); }},
      {"to", Kind::throws,
       [](const Tensor& x) {
         return x.to(Device{Device::Meta, 0});
       }},
      {"to", Kind::throws, [](const Tensor& x) { return x.to(DType::f32); }},
      {"copy_from", Kind::throws,
       [](const Tensor& x) {
         const Tensor y = Tensor::empty(x.shape(), x.dtype());
         y.copy_from(x);
         return y;
       }},
      {"copy_from", Kind::throws,
       [](const Tensor& x) {
         x.copy_from(x.detach());
         return Tensor();
       }},
      {"fill_zero", Kind::throws,
       [](const Tensor& x) {
         x.fill_zero();
         return Tensor();
       }},
  };
  return all;
}

// They make a tensor of values that no tape can know, or give none. Those that read values are for
// printing, for decisions and for kernels: who makes a tensor of them again has ended the gradient
// in writing.
const std::set<std::string> kWithoutATensor = {
    "empty",         "pinned",    "zeros",    "from",        "defined", "shape",  "strides",
    "rank",          "size",      "bytes",    "elements",    "dtype",   "device", "str",
    "is_contiguous", "data",      "raw",      "offset",      "storage", "item",   "version",
    "link",          "to_vector", "set_link", "bump_version"};

// The names of the public member functions in core/tensor.h, constructors left out.
std::set<std::string> declared_functions() {
  std::ifstream file(MEDLEY_SOURCE_DIR "/core/tensor.h");
  std::set<std::string> names;
  std::string line;
  while (std::getline(file, line) && line != "class Tensor {") {
  }
  while (std::getline(file, line) && line != " private:") {
    const bool declaration = line.starts_with("  ") && line.size() > 2 && line[2] != ' ' &&
                             line[2] != '/' && line[2] != '}';
    const size_t end = declaration ? line.find('(') : std::string::npos;
    if (end == std::string::npos) continue;
    const size_t begin = line.find_last_of(" *&", end) + 1;
    names.insert(line.substr(begin, end - begin));
  }
  names.erase("Tensor");
  return names;
}

TEST_CASE("functions of Tensor: the list is whole") {
  std::set<std::string> listed = kWithoutATensor;
  for (const Function& f : functions()) listed.insert(f.name);
  CHECK(declared_functions() == listed);
}

TEST_CASE("functions of Tensor: none loses a gradient silently while a tape records") {
  for (const Function& f : functions())
    for (const bool is_leaf : {true, false}) {
      CAPTURE(f.name, is_leaf);
      const Leaf leaf(random_tensor({3, 4}, 1));
      const Scope scope("block", 3);
      Tape tape;
      const Recording recording(tape);
      const Tensor x = is_leaf ? leaf.tensor : gelu(leaf.tensor);
      if (f.kind == Kind::throws) {
        CHECK_THROWS_AS(f.call(x), AutogradError);
        CHECK_THROWS_WITH(f.call(x), Contains("[" + std::string(f.name) + "] (") &&
                                         Contains("f64 cpu") && Contains("in block[3]") &&
                                         Contains("detach()"));
        continue;
      }
      const Tensor y = f.call(x);
      CHECK(y.storage() == x.storage());
      CHECK(y.link() == (f.kind == Kind::stops ? nullptr : x.link()));
      if (f.kind == Kind::itself) CHECK(y.shape() == x.shape());
    }
}

TEST_CASE("functions of Tensor: all do their work where nothing records") {
  for (const Function& f : functions()) {
    if (f.kind != Kind::throws) continue;
    CAPTURE(f.name);
    const Leaf leaf(random_tensor({3, 4}, 1));
    CHECK(f.call(leaf.tensor).link() == nullptr);
    Tape tape;
    const Recording recording(tape);
    const Tensor x = gelu(leaf.tensor);
    CHECK(f.call(x.detach()).link() == nullptr);
    const NoGrad no_grad;
    CHECK(f.call(x).link() == nullptr);
  }
}

TEST_CASE("functions of Tensor: values can be read from a tensor on the tape") {
  const Leaf leaf(random_tensor({1, 1}, 1));
  Tape tape;
  const Recording recording(tape);
  CHECK(gelu(leaf.tensor).item() == gelu(leaf.tensor).to_vector<double>()[0]);
  CHECK(strided(leaf.tensor).to_vector<double>() == leaf.tensor.to_vector<double>());
}

TEST_CASE("functions of Tensor: part of a layer's output in a loss") {
  const Leaf weight(random_tensor({2, 3}, 1));
  const Tensor x = random_tensor({4, 3}, 2), ones = Tensor::from(std::vector<double>(4, 1), {1, 4});
  Tape tape;
  Tensor loss;
  {
    const Recording recording(tape);
    const Tensor q = linear(x, weight.tensor, Tensor());
    CHECK_THROWS_WITH(q.slice(0, 0, 2), Contains("autograd::slice"));
    loss = linear(slice(q, 0, 0, 2).view({1, 4}), ones, Tensor());
  }
  tape.backward(loss);
  const std::vector<double> in = x.to_vector<double>(), got = weight.gradient.to_vector<double>();
  for (size_t i = 0; i < 6; ++i) CHECK(got[i] == Approx(in[i % 3] + in[3 + i % 3]));
}

}  // namespace
}  // namespace medley::autograd
