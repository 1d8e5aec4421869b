// Opens a safetensors file and reads its tensors.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "models/weights/elements.h"
#include "models/weights/safetensors.h"

namespace medley::models {
SafetensorsFile::SafetensorsFile(const std::string& path, bool strict) : path_(path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw IoError(path + " is a folder, not a file");
  file_.open(path, std::ios::binary);
  if (!file_) throw IoError("cannot open " + path + ": " + std::strerror(errno));
  uint64_t size = std::filesystem::file_size(path, error);
  if (error) throw IoError("cannot read the size of " + path + ": " + error.message());
  std::array<unsigned char, 8> head{};
  if (size < head.size())
    throw DataError(str(path, ": ", size, " bytes are too few for a safetensors file"));
  file_.read(reinterpret_cast<char*>(head.data()), head.size());
  uint64_t length = 0;
  for (size_t i = head.size(); i-- > 0;) length = (length << 8) | head[i];
  if (length > kMaxSafetensorsHeader)
    throw DataError(str(path, ": a header of ", length, " bytes is over the limit of ",
                        kMaxSafetensorsHeader, ": not a safetensors file, or damaged"));
  if (length > size - head.size())
    throw DataError(str(path, ": a header of ", length, " bytes does not fit a file of ", size),
                    "the file looks cut short: copy or download it again");
  std::string text(length, '\0');
  file_.read(text.data(), static_cast<std::streamsize>(length));
  if (!file_) throw IoError("cannot read " + path + ": " + std::strerror(errno));
  header_ = parse_safetensors_header(text, size, path, strict);
}

bool SafetensorsFile::contains(const std::string& name) const {
  return std::any_of(header_.tensors.begin(), header_.tensors.end(),
                     [&](const auto& entry) { return entry.name == name; });
}

const SafetensorsEntry& SafetensorsFile::entry(const std::string& name) const {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : header_.tensors) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw DataError(path_ + ": there is no tensor '" + name + "'" + did_you_mean(name, names));
}

Tensor SafetensorsFile::read(const std::string& name) {
  const SafetensorsEntry& found = entry(name);
  Tensor tensor = Tensor::empty(shape_of(found.shape, path_ + ": '" + name + "'"),
                                dtype_of_safetensors(found.dtype, path_));
  read_into(name, tensor);
  return tensor;
}

void SafetensorsFile::read_into(const std::string& name, const Tensor& destination) {
  const SafetensorsEntry& found = entry(name);
  bool fits = found.dtype == safetensors_name(destination.dtype()) &&
              found.shape.size() <= Shape::kMaxRank &&
              shape_of(found.shape, path_ + ": '" + name + "'") == destination.shape();
  if (!fits)
    throw DataError(str(path_, ": '", name, "' is ", shape_text(found.shape), " ", found.dtype,
                        " but ", destination.shape(), " ", safetensors_name(destination.dtype()),
                        " is wanted"));
  if (!destination.is_contiguous())
    throw ValueError("[safetensors] the destination of '" + name + "' is not contiguous");
  const bool on_host = destination.device().kind == Device::Cpu;
  const Tensor host =
      on_host ? destination : Tensor::empty(destination.shape(), destination.dtype());
  read_bytes(found, {static_cast<char*>(host.raw()), host.bytes()});
  if (on_host)
    destination.bump_version();
  else
    destination.copy_from(host);
}

void SafetensorsFile::read_bytes(const SafetensorsEntry& found, std::span<char> destination) {
  if (destination.size() != found.end - found.begin)
    throw ValueError(str("[safetensors] '", found.name, "' has ", found.end - found.begin,
                         " bytes, not ", destination.size()));
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(header_.data_offset + found.begin));
  file_.read(destination.data(), static_cast<std::streamsize>(destination.size()));
  if (!file_) throw IoError("cannot read '" + found.name + "' from " + path_);
}

}  // namespace medley::models
