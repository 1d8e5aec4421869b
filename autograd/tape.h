// The tape: ops that run while one is recording append a node; backward() walks the nodes in
// reverse. Each op is a struct with named saved tensors, so what stays alive is written down,
// printable (print()) and testable.
//
//   Tape tape;
//   Tensor loss;
//   { Recording recording(tape); loss = model(batch); }
//   tape.backward(loss);   // adds to the gradients of the leaves and frees all that was saved
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace medley::autograd {

// What ties a tensor to a tape: the slot its gradient is kept in while backward runs. A leaf (a
// parameter) belongs to no tape and has its own gradient buffer, usually a view of a flat arena,
// that backward adds to.
struct Link {
  uint64_t tape = 0;  // id of the tape; 0: a leaf
  int32_t slot = -1;  // of that tape
  Tensor gradient;    // leaf only: same shape as the tensor
  std::string name;   // leaf only
};

// Makes t a leaf whose gradient accumulates in `gradient` (contiguous; same shape and device; same
// dtype, or f32 for a bf16 tensor).
void make_leaf(Tensor& t, const Tensor& gradient, std::string name = {});
bool is_leaf(const Tensor& t);
// The gradient buffer of a leaf; undefined for anything else.
Tensor gradient_of(const Tensor& t);

// A tensor kept for backward, with the version it had. get() throws AutogradError when it was
// written to since.
class Saved {
 public:
  explicit Saved(const char* name) : name_(name) {}
  Saved& operator=(const Tensor& t);
  Tensor get() const;
  const char* name() const { return name_; }
  const Tensor& unchecked() const { return tensor_; }
  void release() { tensor_ = Tensor(); }

 private:
  const char* name_;
  Tensor tensor_;
  uint64_t version_ = 0;
};

class Gradients;
struct Entry;     // autograd/tape_impl.h
struct TapeImpl;  // autograd/tape_impl.h

struct Node {
  virtual ~Node() = default;
  virtual const char* name() const = 0;
  virtual void backward(Gradients& g) = 0;
  virtual std::vector<Saved*> saved() { return {}; }

  std::string scope;  // breadcrumb at the time of recording, for errors and print()
};

// What a node's backward sees: gradients of its outputs, and where the gradients of its inputs go.
class Gradients {
 public:
  // Gradient of output i, contiguous, in the output's shape; undefined when nothing depended on it.
  const Tensor& out(int i) const;
  // Whether input i wants a gradient: skip the work when not.
  bool wants(int i) const;
  // Where the gradient of input i goes, in the input's shape: += when accumulate, else = (the
  // buffer is uninitialised).
  struct Destination {
    Tensor tensor;
    bool accumulate = false;
  };
  Destination in(int i);
  // For kernels that only add: the gradient of input i, starting from zero when it is new. A buffer
  // that nobody reads when input i wants none.
  Tensor sum(int i);
  // Hands over a finished gradient: taken without a copy when it is the first, else added. The
  // buffer may be shared (a residual connection gives one gradient to two inputs); it is copied
  // before anything is added to it.
  void give(int i, const Tensor& gradient);

 private:
  friend class Tape;
  Gradients(TapeImpl& tape, Entry& entry) : tape_(tape), entry_(entry) {}
  TapeImpl& tape_;
  Entry& entry_;
};

class Tape {
 public:
  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // Runs forward() while this tape records, and returns what it returns.
  template <class Forward>
  auto record(const Forward& forward);

  // Runs backward from a one-element loss with gradient `seed`. A second call throws AutogradError:
  // what was saved is freed as the walk passes it.
  void backward(const Tensor& loss, double seed = 1);
  // The same from any tensors with given gradients of their shapes.
  void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients);

  // Asks for the gradient of a tensor recorded here that is no leaf; gradient() gives it after
  // backward, undefined when nothing flowed. AutogradError for a tensor of another tape.
  void keep_gradient(const Tensor& t);
  Tensor gradient(const Tensor& t) const;

  // Appends a node; the outputs are linked to it. Called by ops.
  void record(std::unique_ptr<Node> node, std::initializer_list<Tensor> inputs,
              std::initializer_list<Tensor*> outputs);
  void record(std::unique_ptr<Node> node, const std::vector<Tensor>& inputs,
              const std::vector<Tensor*>& outputs);

  size_t nodes() const;
  size_t saved_bytes() const;  // distinct storage held by saved tensors, parameters left out
  // A table, a line an op: name, shapes of the outputs, bytes saved, scope, saved tensors.
  void print(std::ostream& out) const;

  static Tape* current();  // of this thread; null: nothing is recorded

 private:
  int32_t slot_of(const char* what, const Tensor& t) const;

  std::unique_ptr<TapeImpl> impl_;
};

// The current tape when one is recording and any of the inputs wants a gradient, else null.
Tape* recording(std::initializer_list<Tensor> inputs);
Tape* recording(const std::vector<Tensor>& inputs);

class Recording {
 public:
  explicit Recording(Tape& tape);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  Tape* previous_;
};

template <class Forward>
auto Tape::record(const Forward& forward) {
  const Recording recording(*this);
  return forward();
}

// Ops in its lifetime record nothing.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

  // Whether an op in its lifetime, until now, had an input that wants a gradient.
  bool left_out() const;

 private:
  Tape* previous_;
  bool previous_left_out_;
};

}  // namespace medley::autograd
