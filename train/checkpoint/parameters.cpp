// Arena entries to named tensors and back.
#include "train/checkpoint/parameters.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

// The parts of an owner in order of memory, empty unless they cover it without gap or overlap.
std::vector<const ArenaEntry*> covering_parts(const ArenaEntry& owner,
                                              std::vector<const ArenaEntry*> parts) {
  std::sort(parts.begin(), parts.end(), [](auto* a, auto* b) {
    return std::pair(a->offset, a->name) < std::pair(b->offset, b->name);
  });
  int64_t at = owner.offset;
  for (const ArenaEntry* part : parts) {
    if (part->offset != at) return {};
    at += part->shape.elements();
  }
  return at == owner.offset + owner.shape.elements() ? parts : std::vector<const ArenaEntry*>();
}

}  // namespace

std::vector<models::NamedTensor> parameter_tensors(const FlatArena& arena) {
  std::map<std::string, std::vector<const ArenaEntry*>> parts;
  for (const ArenaEntry& entry : arena.layout().entries()) {
    if (entry.owner.empty()) continue;
    bool tie = entry.shape.elements() == arena.layout().entry(entry.owner).shape.elements();
    if (!tie) parts[entry.owner].push_back(&entry);
  }
  std::vector<models::NamedTensor> tensors;
  for (const ArenaEntry& entry : arena.layout().entries()) {
    if (!entry.owner.empty()) continue;
    std::vector<const ArenaEntry*> covering = covering_parts(entry, parts[entry.name]);
    if (covering.empty()) covering.push_back(&entry);
    for (const ArenaEntry* part : covering)
      tensors.push_back({part->name, arena.at(part->name).detach()});
  }
  return tensors;
}

void read_parameters(models::SafetensorsFile& file, const FlatArena& arena,
                     const std::string& prefix) {
  std::vector<models::NamedTensor> wanted = parameter_tensors(arena);
  std::set<std::string> names;
  std::string problems;
  auto problem = [&](const std::string& text) {
    problems += (problems.empty() ? "" : "; ") + text;
  };
  for (const models::NamedTensor& named : wanted) {
    names.insert(prefix + named.name);
    if (!file.contains(prefix + named.name)) {
      problem("'" + named.name + "' is missing");
      continue;
    }
    std::vector<uint64_t> shape = file.entry(prefix + named.name).shape, own;
    for (int i = 0; i < named.tensor.rank(); ++i)
      own.push_back(static_cast<uint64_t>(named.tensor.size(i)));
    if (shape != own) problem(str("'", named.name, "' has not the shape ", named.tensor.shape()));
  }
  for (const auto& entry : file.header().tensors)
    if (entry.name.starts_with(prefix) && !names.contains(entry.name))
      problem("'" + entry.name + "' belongs to no parameter");
  if (problems.size() > 400) problems = problems.substr(0, 400) + "...";
  if (!problems.empty())
    throw CheckpointError(file.path() + " is of another model: " + problems,
                          "use the configuration that it was trained with");
  for (const models::NamedTensor& named : wanted) {
    const std::string name = prefix + named.name;
    const std::string& type = file.entry(name).dtype;
    if (type == models::safetensors_name(DType::bf16) ||
        type == models::safetensors_name(DType::f64))
      named.tensor.copy_from(file.read(name).to(named.tensor.dtype()));
    else
      file.read_into(name, named.tensor);
  }
}

}  // namespace medley::train
