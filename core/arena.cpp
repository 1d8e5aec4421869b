// Layout and views of flat buffers.
#include "core/arena.h"

#include <utility>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley {

void ArenaLayout::insert(ArenaEntry entry) {
  if (!index_.emplace(entry.name, entries_.size()).second) {
    throw ValueError(str("[arena] the name '", entry.name, "' is there already"));
  }
  entries_.push_back(std::move(entry));
}

void ArenaLayout::add(const std::string& name, const Shape& shape) {
  insert({name, shape, elements_, ""});
  elements_ += (shape.elements() + kAlign - 1) / kAlign * kAlign;
}

void ArenaLayout::part(const std::string& name, const std::string& of, int64_t begin, int64_t end) {
  const ArenaEntry& whole = entry(of);
  if (whole.shape.rank() == 0 || begin < 0 || end < begin || end > whole.shape[0]) {
    throw ShapeError(str("[arena] rows ", begin, " to ", end, " of '", of, "' do not exist: it is ",
                         whole.shape));
  }
  const int64_t rows = whole.shape[0];
  const int64_t row_elements = rows == 0 ? 0 : whole.shape.elements() / rows;
  Shape shape = whole.shape;
  shape[0] = end - begin;
  insert(
      {name, shape, whole.offset + begin * row_elements, whole.owner.empty() ? of : whole.owner});
}

void ArenaLayout::tie(const std::string& name, const std::string& to) {
  const ArenaEntry& target = entry(to);
  insert({name, target.shape, target.offset, target.owner.empty() ? to : target.owner});
}

ArenaLayout ArenaLayout::only(const std::function<bool(const std::string& name)>& keep) const {
  ArenaLayout kept;
  for (const ArenaEntry& entry : entries_) {
    if (entry.owner.empty()) {
      if (keep(entry.name)) kept.add(entry.name, entry.shape);
    } else if (kept.contains(entry.owner)) {
      ArenaEntry moved = entry;
      moved.offset += kept.entry(entry.owner).offset - this->entry(entry.owner).offset;
      kept.insert(std::move(moved));
    }
  }
  return kept;
}

const ArenaEntry& ArenaLayout::entry(const std::string& name) const {
  if (const auto found = index_.find(name); found != index_.end()) return entries_[found->second];
  std::vector<std::string> names;
  for (const ArenaEntry& entry : entries_) names.push_back(entry.name);
  throw ValueError(str("[arena] there is no entry '", name, "'", did_you_mean(name, names)));
}

FlatArena::FlatArena(ArenaLayout layout, DType dtype, Device device)
    : layout_(std::move(layout)), flat_(Tensor::zeros({layout_.elements()}, dtype, device)) {}

Tensor FlatArena::at(const std::string& name) const {
  const ArenaEntry& entry = layout_.entry(name);
  return flat_.slice(0, entry.offset, entry.offset + entry.shape.elements()).view(entry.shape);
}

}  // namespace medley
