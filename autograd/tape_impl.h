// What a tape holds; private to autograd/tape*.cpp.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "autograd/tape.h"

namespace medley::autograd {

// Where the gradient of an input goes: a slot of this tape, the buffer of a leaf, or nowhere.
struct Edge {
  int32_t slot = -1;
  Tensor leaf;
  Shape shape;
  DType dtype = DType::f32;  // of the gradient
  bool wanted() const { return slot >= 0 || leaf.defined(); }
};

struct Entry {
  std::unique_ptr<Node> node;
  std::vector<Edge> inputs;
  int32_t first_output = 0;  // slots of the outputs are consecutive
  std::vector<Shape> outputs;
  Device device;
};

struct TapeImpl {
  uint64_t id = 0;
  std::vector<Entry> entries;
  std::vector<Tensor> gradients;   // one a slot; undefined until something flowed
  std::map<int32_t, Tensor> kept;  // slots whose gradient was asked for
  bool done = false;
};

}  // namespace medley::autograd
