// FlatArena: one buffer with named views. Weights, gradients, optimizer moments and averaged
// weights are each one arena, so that an optimizer step, a norm, an average or a checkpoint is one
// pass. Tied names are one view.
//
//   ArenaLayout layout;
//   layout.add("layer.weight", {96, 96});
//   layout.part("layer.query.weight", "layer.weight", 0, 32);   // rows 0..31 of it
//   layout.tie("decoder.weight", "layer.weight");
//   FlatArena weights(layout, DType::f32, device);
//   Tensor w = weights.at("layer.weight");
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/tensor.h"

namespace medley {

struct ArenaEntry {
  std::string name;
  Shape shape;
  int64_t offset = 0;  // in elements from the start of the buffer
  // Name of the entry whose memory this is (a tie or a part); empty for memory of its own.
  std::string owner;
};

class ArenaLayout {
 public:
  // Each entry that owns memory starts at a multiple of 16 elements; the gap is zero and stays
  // zero.
  static constexpr int64_t kAlign = 16;

  void add(const std::string& name, const Shape& shape);
  // Rows [begin, end) of an entry, under a name of their own.
  void part(const std::string& name, const std::string& of, int64_t begin, int64_t end);
  void tie(const std::string& name, const std::string& to);
  // Throws ValueError with the nearest names when there is no such entry.
  const ArenaEntry& entry(const std::string& name) const;
  bool contains(const std::string& name) const { return index_.contains(name); }
  // The layout of the entries with memory of their own that `keep` says yes to, and of their ties
  // and parts.
  ArenaLayout only(const std::function<bool(const std::string& name)>& keep) const;
  const std::vector<ArenaEntry>& entries() const { return entries_; }  // in order of declaration
  int64_t elements() const { return elements_; }                       // gaps included

 private:
  void insert(ArenaEntry entry);

  std::vector<ArenaEntry> entries_;
  std::unordered_map<std::string, size_t> index_;
  int64_t elements_ = 0;
};

class FlatArena {
 public:
  FlatArena() = default;
  FlatArena(ArenaLayout layout, DType dtype, Device device);  // zero-filled

  Tensor at(const std::string& name) const;
  const Tensor& flat() const { return flat_; }  // [elements], gaps included
  const ArenaLayout& layout() const { return layout_; }

 private:
  ArenaLayout layout_;
  Tensor flat_;
};

}  // namespace medley
