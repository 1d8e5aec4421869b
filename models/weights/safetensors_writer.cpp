// Writes the header and the data of a safetensors file.
#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "models/weights/safetensors.h"

namespace medley::models {
namespace {

// Widest elements first, then by name: every tensor is aligned to its element, and the same tensors
// give the same file.
void order(std::vector<NamedTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
    size_t wide_a = size_of(a.tensor.dtype()), wide_b = size_of(b.tensor.dtype());
    if (wide_a != wide_b) return wide_a > wide_b;
    if (a.tensor.dtype() != b.tensor.dtype())
      return std::string(safetensors_name(a.tensor.dtype())) < safetensors_name(b.tensor.dtype());
    return a.name < b.name;
  });
}

std::string header_text(const std::vector<NamedTensor>& tensors,
                        const SafetensorsMetadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) {
    Json entries = Json::object();
    for (const auto& [key, value] : metadata) entries.set(key, value);
    header.set("__metadata__", entries);
  }
  int64_t at = 0;
  for (const NamedTensor& named : tensors) {
    Json shape = Json::array();
    for (int i = 0; i < named.tensor.rank(); ++i) shape.push(named.tensor.size(i));
    const int64_t end = at + static_cast<int64_t>(named.tensor.bytes());
    header.set(named.name, Json::object()
                               .set("dtype", safetensors_name(named.tensor.dtype()))
                               .set("shape", shape)
                               .set("data_offsets", Json::array().push(at).push(end)));
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(std::vector<NamedTensor> tensors, const SafetensorsMetadata& metadata,
                       const ByteSink& sink) {
  order(tensors);
  std::vector<std::string> names;
  for (const NamedTensor& named : tensors) {
    names.push_back(named.name);
    if (!named.tensor.is_contiguous() || named.tensor.device().kind == Device::Meta)
      throw ValueError("[safetensors] '" + named.name + "' is not a contiguous tensor with values");
  }
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw ValueError("[safetensors] the name '" + *twice + "' stands twice");

  std::string header = header_text(tensors, metadata);
  std::array<char, 8> length{};
  for (size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<char>((header.size() >> (8 * i)) & 0xFF);
  sink(length);
  sink(header);
  for (const NamedTensor& named : tensors) {
    const Tensor host = named.tensor.to(Device{});
    sink({static_cast<const char*>(host.raw()), host.bytes()});
  }
}

uint64_t safetensors_size(const std::vector<NamedTensor>& tensors,
                          const SafetensorsMetadata& metadata) {
  uint64_t bytes = 8 + header_text(tensors, metadata).size();
  for (const NamedTensor& named : tensors) bytes += named.tensor.bytes();
  return bytes;
}

}  // namespace medley::models
