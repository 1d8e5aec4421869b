// Matches the names of files with the memory of arenas.
#include "models/weights/load.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>

#include "core/error.h"
#include "core/str.h"
#include "models/vision/positions.h"
#include "models/weights/elements.h"

namespace medley::models {
namespace {

// Memory that is loaded as one piece, under all the names it has in the original.
struct Target {
  const FlatArena* arena = nullptr;
  const ArenaEntry* first = nullptr;
  std::vector<const WeightEntry*> sources;
  bool other_shape = false;  // it is in the files, but does not fit
};
using Range = std::tuple<const FlatArena*, int64_t, int64_t>;  // offset, elements

bool is_wanted(const std::string& name, const std::vector<std::string>& parts) {
  return parts.empty() || std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
           return name.starts_with(part);
         });
}

// Fused matrices, whose parts have the names of the files, are no targets themselves: a range that
// strictly holds another one is covered by its parts.
std::map<Range, Target> find_targets(const std::vector<const FlatArena*>& arenas,
                                     const std::vector<std::string>& parts,
                                     std::map<std::string, Range>& ranges) {
  std::map<Range, Target> targets;
  for (const FlatArena* arena : arenas) {
    std::vector<const ArenaEntry*> wanted;
    for (const ArenaEntry& entry : arena->layout().entries())
      if (is_wanted(entry.name, parts)) wanted.push_back(&entry);
    std::map<std::string, bool> fused;
    for (const ArenaEntry* entry : wanted)
      if (!entry->owner.empty() &&
          entry->shape.elements() < arena->layout().entry(entry->owner).shape.elements())
        fused[entry->owner] = true;
    for (const ArenaEntry* entry : wanted) {
      if (fused.contains(entry->name)) continue;
      const Range range{arena, entry->offset, entry->shape.elements()};
      Target& target = targets[range];
      target.arena = arena;
      if (!target.first) target.first = entry;
      ranges[entry->name] = range;
    }
  }
  return targets;
}

bool is_position_table(const ArenaEntry& entry, const WeightEntry& source) {
  if (!entry.name.ends_with(".pos_embed") || entry.shape.rank() != 3) return false;
  if (source.shape.size() != 3 || source.shape[0] != 1 || source.shape[1] < 2) return false;
  const auto side =
      static_cast<uint64_t>(std::llround(std::sqrt(static_cast<double>(source.shape[1] - 1))));
  return side * side + 1 == source.shape[1] &&
         source.shape[2] == static_cast<uint64_t>(entry.shape[2]);
}

bool same_shape(const Shape& shape, const std::vector<uint64_t>& sizes) {
  if (sizes.size() != static_cast<size_t>(shape.rank())) return false;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != static_cast<uint64_t>(shape[static_cast<int>(i)])) return false;
  return true;
}

// A table of words or positions whose first rows the source has.
bool has_fewer_rows(const ArenaEntry& entry, const WeightEntry& source) {
  if (entry.name.find("_embeddings.weight") == std::string::npos &&
      entry.name.find(".cls.predictions.") == std::string::npos)
    return false;
  std::vector<uint64_t> grown = source.shape;
  if (grown.empty() || grown[0] >= static_cast<uint64_t>(entry.shape[0])) return false;
  grown[0] = static_cast<uint64_t>(entry.shape[0]);
  return same_shape(entry.shape, grown);
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

void resize_into(WeightFiles& files, const WeightEntry& source, const Tensor& destination) {
  const int64_t side = std::llround(std::sqrt(static_cast<double>(destination.size(1) - 1)));
  Tensor positions = files.read(source);
  if (positions.dtype() == DType::bf16) positions = positions.to(DType::f32);
  copy_floats(resize_positions(positions, side, side), destination,
              files.path() + ": '" + source.stored + "'");
}

// Keeps of several sources the one of the parameter's own name, where they differ.
void choose_one(WeightFiles& files, Target& target, LoadReport& report) {
  const auto own =
      std::find_if(target.sources.begin(), target.sources.end(),
                   [&](const WeightEntry* source) { return source->name == target.first->name; });
  if (target.sources.size() < 2 || own == target.sources.end()) return;
  std::iter_swap(target.sources.begin(), own);
  for (size_t i = 1; i < target.sources.size(); ++i)
    if (!same_bytes(files.read(*target.sources[0]), files.read(*target.sources[i])))
      report.untied.push_back(target.sources[i]->name);
  target.sources.resize(1);
}

void load_one(WeightFiles& files, const Target& target) {
  const Tensor parameter = target.arena->at(target.first->name).detach();
  const bool on_host = parameter.device().kind == Device::Cpu;
  Tensor destination = on_host ? parameter : parameter.to(Device{});
  const WeightEntry& source = *target.sources[0];
  for (size_t i = 1; i < target.sources.size(); ++i)
    if (!same_bytes(files.read(source), files.read(*target.sources[i])))
      throw DataError(str(files.path(), ": '", source.stored, "' and '", target.sources[i]->stored,
                          "' are one parameter but differ"),
                      "model.share says what text encoder and decoder have in common");
  if (has_fewer_rows(*target.first, source)) {
    files.read_into(source, destination.slice(0, 0, static_cast<int64_t>(source.shape[0])));
  } else if (same_shape(destination.shape(), source.shape)) {
    files.read_into(source, destination);
  } else {
    resize_into(files, source, destination);
  }
  if (!on_host) parameter.copy_from(destination);
}

void take_stand_ins(const WeightFiles& files, std::map<Range, Target>& targets,
                    const LoadOptions& options, LoadReport& report) {
  std::map<std::string, const WeightEntry*> entries;
  for (const WeightEntry& entry : files.entries()) entries[entry.name] = &entry;
  for (auto& [range, target] : targets) {
    if (!target.sources.empty() || target.other_shape) continue;
    for (const std::string& name : options.stand_ins(target.first->name)) {
      const auto found = entries.find(name);
      if (found == entries.end()) continue;
      const bool fewer = options.allow_fewer_rows && has_fewer_rows(*target.first, *found->second);
      if (!fewer && !same_shape(target.first->shape, found->second->shape)) continue;
      target.sources.push_back(found->second);
      report.stood_in.push_back(target.first->name);
      std::erase(report.unexpected, name);
      break;
    }
  }
}

void add_lines(std::string& text, const char* what, const std::vector<std::string>& names,
               size_t most) {
  if (names.empty()) return;
  text += str(what, " (", names.size(), "): ");
  for (size_t i = 0; i < std::min(most, names.size()); ++i) text += (i ? ", " : "") + names[i];
  text += names.size() > most ? ", ...\n" : "\n";
}

}  // namespace

std::string LoadReport::text(size_t most) const {
  std::string out = str("loaded ", loaded, " tensors\n");
  add_lines(out, "missing", missing, most);
  add_lines(out, "unexpected", unexpected, most);
  add_lines(out, "of another shape", other_shape, most);
  add_lines(out, "resized", resized, most);
  return out;
}

LoadReport load_weights(WeightFiles& files, const std::vector<const FlatArena*>& arenas,
                        const LoadOptions& options) {
  std::map<std::string, Range> ranges;
  std::map<Range, Target> targets = find_targets(arenas, options.parts, ranges);
  LoadReport report;
  for (const WeightEntry& entry : files.entries()) {
    const auto found = ranges.find(entry.name);
    if (found != ranges.end()) {
      Target& target = targets[found->second];
      const ArenaEntry& own = *target.first;
      const bool fits = same_shape(own.shape, entry.shape);
      if (fits || is_position_table(own, entry)) {
        target.sources.push_back(&entry);
        if (!fits) report.resized.push_back(entry.name);
      } else if (options.allow_fewer_rows && has_fewer_rows(own, entry)) {
        target.sources.push_back(&entry);
        report.fewer_rows.push_back(
            str(entry.name, " ", shape_text(entry.shape), " of ", own.shape));
      } else {
        target.other_shape = true;
        report.other_shape.push_back(
            str(entry.name, " ", shape_text(entry.shape), " instead of ", own.shape));
      }
    } else if (entry.name.ends_with("embeddings.position_ids")) {
      report.ignored.push_back(entry.name);
    } else {
      report.unexpected.push_back(entry.name);
    }
  }
  if (options.stand_ins) take_stand_ins(files, targets, options, report);
  if (options.allow_untied)
    for (auto& [range, target] : targets) choose_one(files, target, report);
  for (const auto& [range, target] : targets) {
    if (!target.sources.empty()) {
      ++report.loaded;
    } else if (!target.other_shape) {
      report.missing.push_back(target.first->name);
    }
  }
  const bool refused = (!report.missing.empty() && !options.allow_missing) ||
                       (!report.unexpected.empty() && !options.allow_unexpected) ||
                       (!report.other_shape.empty() && !options.allow_other_shape);
  if (refused)
    throw DataError(files.path() + " does not fit the model: " + report.text(),
                    "load the model that the file was made for, or allow what is reported");
  for (const auto& [range, target] : targets)
    if (!target.sources.empty()) load_one(files, target);
  return report;
}

}  // namespace medley::models
