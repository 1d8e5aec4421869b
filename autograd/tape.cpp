// The tape: recording, and the walk back.
#include "autograd/tape.h"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <unordered_set>

#include "autograd/dtype_switch.h"
#include "autograd/tape_impl.h"
#include "core/current_tape.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

std::atomic<uint64_t> next_tape_id{1};
// An op in the innermost NoGrad had an input that wants a gradient.
thread_local bool left_out_one = false;

template <class Inputs>
Tape* recording_of(const Inputs& inputs) {
  for (const Tensor& t : inputs) {
    if (!t.link()) continue;
    if (current_tape == nullptr) left_out_one = true;
    return current_tape;
  }
  return nullptr;
}

void add_into(const Tensor& sum, const Tensor& part) {
  with_float("backward", sum.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(
        add, sum.device(),
        kernels::Add<T>{
            .n = sum.elements(), .a = sum.data<T>(), .b = part.data<T>(), .y = sum.data<T>()});
  });
}

// Kernels add to gradients through plain pointers: type, place and layout must be the tensor's.
void check_gradient(const char* op, const std::string& name, const Tensor& t,
                    const Tensor& gradient, DType dtype) {
  if (!t.defined() || !gradient.defined() || gradient.shape() != t.shape() ||
      gradient.dtype() != dtype || !(gradient.device() == t.device()))
    throw AutogradError(
        str("[", op, "] ", name, " is ", t.str(), " but its gradient is ", gradient.str()));
  if (!gradient.is_contiguous())
    throw AutogradError(str("[", op, "] the gradient of ", name, ", ", gradient.str(),
                            ", is not contiguous: strides ", gradient.strides()),
                        "call contiguous() first");
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

void make_leaf(Tensor& t, const Tensor& gradient, std::string name) {
  // The gradient of a bf16 copy of a weight is the weight's.
  const bool wider = t.defined() && gradient.defined() && gradient.dtype() == wide(t.dtype());
  check_gradient("make_leaf", name, t, gradient, wider ? gradient.dtype() : t.dtype());
  auto link = std::make_shared<Link>();
  link->gradient = gradient;
  link->name = std::move(name);
  t.set_link(std::move(link));
}

bool is_leaf(const Tensor& t) { return t.link() && t.link()->tape == 0; }
Tensor gradient_of(const Tensor& t) { return is_leaf(t) ? t.link()->gradient : Tensor(); }

Saved& Saved::operator=(const Tensor& t) {
  tensor_ = t;
  version_ = t.version();
  return *this;
}

Tensor Saved::get() const {
  if (tensor_.defined() && tensor_.version() != version_)
    throw AutogradError(str("saved tensor '", name_, "' ", tensor_.str(),
                            " was written in place between forward and backward (version ",
                            tensor_.version(), ", was ", version_, ")"),
                        "write after backward, or to a clone()");
  return tensor_;
}

Tape::Tape() : impl_(std::make_unique<TapeImpl>()) { impl_->id = next_tape_id++; }
Tape::~Tape() = default;
Tape* Tape::current() { return current_tape; }
size_t Tape::nodes() const { return impl_->entries.size(); }

Recording::Recording(Tape& tape) : previous_(current_tape) { current_tape = &tape; }
Recording::~Recording() { current_tape = previous_; }
NoGrad::NoGrad() : previous_(current_tape), previous_left_out_(left_out_one) {
  current_tape = nullptr;
  left_out_one = false;
}
NoGrad::~NoGrad() {
  current_tape = previous_;
  left_out_one = left_out_one || previous_left_out_;
}
bool NoGrad::left_out() const { return left_out_one; }

Tape* recording(std::initializer_list<Tensor> inputs) { return recording_of(inputs); }
Tape* recording(const std::vector<Tensor>& inputs) { return recording_of(inputs); }

void Tape::record(std::unique_ptr<Node> node, std::initializer_list<Tensor> inputs,
                  std::initializer_list<Tensor*> outputs) {
  record(std::move(node), std::vector<Tensor>(inputs), std::vector<Tensor*>(outputs));
}

void Tape::record(std::unique_ptr<Node> node, const std::vector<Tensor>& inputs,
                  const std::vector<Tensor*>& outputs) {
  if (impl_->done)
    throw AutogradError(str("[", node->name(), "] recorded on a tape whose backward has run"),
                        "make a new Tape for each step");
  Entry entry;
  entry.device = outputs.front()->device();
  for (const Tensor& t : inputs) {
    Edge edge{.slot = -1,
              .leaf = {},
              .shape = t.defined() ? t.shape() : Shape{},
              .dtype = t.defined() ? t.dtype() : outputs.front()->dtype()};
    if (const auto& link = t.link(); link && link->tape == 0) {
      edge.leaf = link->gradient;
      edge.dtype = link->gradient.dtype();
    } else if (link && link->tape == impl_->id) {
      edge.slot = link->slot;
    } else if (link) {
      throw AutogradError(
          str("[", node->name(), "] input ", t.str(), " was recorded on another tape"),
          "detach() it, or keep one tape for the whole forward pass");
    }
    entry.inputs.push_back(std::move(edge));
  }
  entry.first_output = static_cast<int32_t>(impl_->gradients.size());
  for (Tensor* t : outputs) {
    auto link = std::make_shared<Link>();
    link->tape = impl_->id;
    link->slot = static_cast<int32_t>(impl_->gradients.size());
    t->set_link(std::move(link));
    entry.outputs.push_back(t->shape());
    impl_->gradients.emplace_back();
  }
  node->scope = Scope::path();
  entry.node = std::move(node);
  impl_->entries.push_back(std::move(entry));
}

const Tensor& Gradients::out(int i) const {
  Tensor& g = tape_.gradients[static_cast<size_t>(entry_.first_output + i)];
  if (g.defined() && !(g.shape() == entry_.outputs[static_cast<size_t>(i)]))
    g = g.view(entry_.outputs[static_cast<size_t>(i)]);
  return g;
}

bool Gradients::wants(int i) const { return entry_.inputs[static_cast<size_t>(i)].wanted(); }

Gradients::Destination Gradients::in(int i) {
  const Edge& edge = entry_.inputs[static_cast<size_t>(i)];
  if (edge.leaf.defined()) return {edge.leaf.view(edge.shape), true};
  if (edge.slot < 0)
    throw AutogradError(str("[", entry_.node->name(), "] input ", i, " wants no gradient"));
  Tensor& g = tape_.gradients[static_cast<size_t>(edge.slot)];
  if (!g.defined()) {
    g = Tensor::empty(edge.shape, edge.dtype, entry_.device);
    return {g, false};
  }
  if (g.storage().use_count() > 1) g = g.clone();  // shared by give(): others still read it
  return {g.view(edge.shape), true};
}

Tensor Gradients::sum(int i) {
  const Edge& edge = entry_.inputs[static_cast<size_t>(i)];
  if (!edge.wanted()) return Tensor::empty(edge.shape, edge.dtype, entry_.device);
  const Destination d = in(i);
  if (!d.accumulate) d.tensor.fill_zero();
  return d.tensor;
}

void Gradients::give(int i, const Tensor& gradient) {
  const Edge& edge = entry_.inputs[static_cast<size_t>(i)];
  if (!edge.wanted()) return;
  if (gradient.elements() != edge.shape.elements())
    throw AutogradError(str("[", entry_.node->name(), "] gradient ", gradient.str(), " for input ",
                            i, " of shape ", edge.shape));
  if (edge.slot >= 0) {
    Tensor& g = tape_.gradients[static_cast<size_t>(edge.slot)];
    if (!g.defined()) {
      g = gradient.detach();
      return;
    }
  }
  const Destination d = in(i);
  add_into(d.tensor, gradient);
}

void Tape::backward(const Tensor& loss, double seed) {
  if (!loss.defined()) throw AutogradError("[backward] the loss is undefined");
  if (loss.elements() != 1)
    throw AutogradError(str("[backward] the loss has shape ", loss.shape(), ", not one element"));
  const Tensor one =
      Tensor::from(std::vector<double>{seed}, loss.shape()).to(loss.dtype()).to(loss.device());
  backward({loss}, {one});
}

void Tape::backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients) {
  if (impl_->done)
    throw AutogradError("[backward] this tape has been walked already: what it had saved is freed",
                        "record the forward pass again on a new Tape");
  if (gradients.size() != roots.size())
    throw AutogradError(
        str("[backward] ", roots.size(), " roots but ", gradients.size(), " gradients"));
  for (size_t i = 0; i < roots.size(); ++i) {
    slot_of("backward", roots[i]);
    check_gradient("backward", str("root ", i), roots[i], gradients[i], roots[i].dtype());
  }
  for (size_t i = 0; i < roots.size(); ++i) {
    Tensor& g = impl_->gradients[static_cast<size_t>(slot_of("backward", roots[i]))];
    if (g.defined())
      add_into(g = g.clone(), gradients[i]);
    else
      g = gradients[i].detach();
  }
  impl_->done = true;
  const NoGrad no_grad;
  for (auto entry = impl_->entries.rbegin(); entry != impl_->entries.rend(); ++entry) {
    const auto first = impl_->gradients.begin() + entry->first_output;
    const auto last = first + static_cast<std::ptrdiff_t>(entry->outputs.size());
    const bool flowed = std::any_of(first, last, [](const Tensor& t) { return t.defined(); });
    if (flowed) {
      // Backward may write over the gradient of its output.
      for (auto& [slot, gradient] : impl_->kept)
        if (slot >= entry->first_output && first + (slot - entry->first_output) < last &&
            first[slot - entry->first_output].defined())
          gradient = first[slot - entry->first_output].clone();
      Gradients g(*impl_, *entry);
      try {
        entry->node->backward(g);
      } catch (const AutogradError& e) {
        throw AutogradError(str("[", entry->node->name(), "] ", e.what(),
                                entry->node->scope.empty() ? "" : "\n  in ", entry->node->scope));
      }
    }
    std::fill(first, last, Tensor());
    entry->node.reset();
  }
  impl_->entries.clear();
}

int32_t Tape::slot_of(const char* what, const Tensor& t) const {
  const auto& link = t.link();
  if (!link || link->tape != impl_->id)
    throw AutogradError(str("[", what, "] ", t.str(), " was not recorded on this tape"),
                        "run the forward pass inside Recording, with parameters that are leaves");
  return link->slot;
}

void Tape::keep_gradient(const Tensor& t) { impl_->kept[slot_of("keep_gradient", t)]; }

Tensor Tape::gradient(const Tensor& t) const {
  const auto found = impl_->kept.find(slot_of("gradient", t));
  if (found == impl_->kept.end())
    throw AutogradError(str("[gradient] that of ", t.str(), " was not kept"),
                        "call keep_gradient before backward");
  return found->second;
}

size_t Tape::saved_bytes() const {
  std::unordered_set<const Storage*> seen;
  size_t bytes = 0;
  for (const Entry& entry : impl_->entries)
    for (const Saved* s : entry.node->saved()) {
      const Tensor& t = s->unchecked();
      if (t.defined() && !is_leaf(t) && seen.insert(t.storage().get()).second)
        bytes += t.storage()->bytes();
    }
  return bytes;
}

void Tape::print(std::ostream& out) const {
  struct Line {
    std::string name, outputs, bytes, scope, kept;
  };
  std::vector<Line> lines{{"op", "output", "bytes saved", "in", "saved"}};
  for (const Entry& entry : impl_->entries) {
    Line line{entry.node->name(), {}, {}, entry.node->scope, {}};
    for (const Shape& shape : entry.outputs)
      line.outputs += str(line.outputs.empty() ? "" : " ", shape);
    size_t bytes = 0;
    for (const Saved* s : entry.node->saved()) {
      const Tensor& t = s->unchecked();
      if (!t.defined()) continue;
      line.kept += str(line.kept.empty() ? "" : ", ", s->name(), " ", t.shape());
      if (!is_leaf(t)) bytes += t.bytes();
    }
    line.bytes = str(bytes);
    lines.push_back(std::move(line));
  }
  size_t name = 0, outputs = 0, bytes = 0, scope = 0;
  for (const Line& line : lines) {
    name = std::max(name, line.name.size());
    outputs = std::max(outputs, line.outputs.size());
    bytes = std::max(bytes, line.bytes.size());
    scope = std::max(scope, line.scope.size());
  }
  for (const Line& line : lines)
    out << padded(line.name, name) << "  " << padded(line.outputs, outputs) << "  "
        << std::string(bytes - line.bytes.size(), ' ') << line.bytes << "  "
        << padded(line.scope, scope) << (line.kept.empty() ? "" : "  ") << line.kept << "\n";
  out << impl_->entries.size() << " ops, " << saved_bytes() << " bytes saved\n";
}

}  // namespace medley::autograd
