// Opens files of torch.save and reads their tensors.
#include "models/weights/pth.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "core/suggest.h"
#include "models/weights/elements.h"

namespace medley::models {
namespace {

using Kind = PickleValue::Kind;

// The first two pickles of the format before PyTorch 1.6: a magic number of ten bytes and the
// protocol 1001. They are compared, not parsed.
constexpr std::string_view kLegacyHead{
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.", 21};

// Walks the tree of a pickle. Depth, number of visits and length of all names are bounded: shared
// values may stand for many more than the pickle has.
class Lister {
 public:
  Lister(const Pickle& pickle, const std::string& source, std::vector<PthEntry>& tensors,
         std::vector<PthScalar>& scalars)
      : pickle_(pickle), source_(source), tensors_(tensors), scalars_(scalars) {}

  void run() { visit(pickle_.root, "", 0); }

 private:
  static constexpr int kMaxDepth = 64;

  [[noreturn]] void fail(const std::string& what) const { throw DataError(source_ + ": " + what); }

  std::string key_text(uint32_t index) const {
    const PickleValue& key = pickle_.values[index];
    if (key.kind == Kind::string) return key.text;
    if (key.kind == Kind::integer) return std::to_string(key.integer);
    fail("a dict has a key that is neither text nor a whole number");
  }

  // Of names and texts, which shared values may repeat.
  void count_length(size_t length) {
    length_ += length;
    if (length_ > kMaxPickle) fail("its names and texts are too long");
  }

  std::string name_of(const std::string& path, const std::string& key) {
    count_length(path.size() + 1 + key.size());
    return path.empty() ? key : path + "." + key;
  }

  void visit(uint32_t index, const std::string& path, int depth) {
    if (depth > kMaxDepth) fail(str("values are nested deeper than ", kMaxDepth, " levels"));
    if (++visits_ > kMaxPickleValues) fail("shared values stand for too many");
    const PickleValue& value = pickle_.values[index];
    switch (value.kind) {
      case Kind::dict:
        for (size_t i = 0; i < value.items.size(); i += 2)
          visit(value.items[i + 1], name_of(path, key_text(value.items[i])), depth + 1);
        break;
      case Kind::list:
      case Kind::tuple:
        for (size_t i = 0; i < value.items.size(); ++i)
          visit(value.items[i], name_of(path, std::to_string(i)), depth + 1);
        break;
      case Kind::tensor: {
        const size_t tensor = static_cast<size_t>(value.integer);
        const PickledTensor& found = pickle_.tensors[tensor];
        count_length(found.shape.size() * sizeof(uint64_t));
        tensors_.push_back({path, pickle_.storages[found.storage].dtype, found.shape, tensor});
        break;
      }
      case Kind::none:
        scalars_.push_back({path, "null"});
        break;
      case Kind::boolean:
        scalars_.push_back({path, value.integer ? "true" : "false"});
        break;
      case Kind::integer:
        scalars_.push_back({path, std::to_string(value.integer)});
        break;
      case Kind::real:
        scalars_.push_back({path, Json(value.real).dump()});
        break;
      case Kind::string:
        count_length(value.text.size());
        scalars_.push_back({path, Json(value.text).dump()});
        break;
      case Kind::global:
      case Kind::storage:
        fail("'" + path + "' is neither a tensor nor a number");
    }
  }

  const Pickle& pickle_;
  const std::string& source_;
  std::vector<PthEntry>& tensors_;
  std::vector<PthScalar>& scalars_;
  uint64_t visits_ = 0, length_ = 0;
};

// The prefix of the model's names: that of a known key whose dict holds tensors.
std::string model_prefix(const std::vector<PthEntry>& tensors) {
  for (const char* prefix : {"model.", "state_dict."})
    for (const PthEntry& entry : tensors)
      if (entry.name.starts_with(prefix)) return prefix;
  return "";
}

bool is_row_major(const PickledTensor& tensor) {
  uint64_t stride = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != stride) return false;
    stride *= tensor.shape[i];
  }
  return true;
}

}  // namespace

PthFile::PthFile(ByteSource source) : source_(std::move(source)) {
  if (looks_like_zip(source_)) {
    open_zip();
  } else {
    open_legacy();
  }
}

void PthFile::list(const Pickle& pickle) {
  Lister(pickle, path(), tensors_, scalars_).run();
  std::unordered_set<std::string_view> names;
  for (const PthEntry& entry : tensors_)
    if (!names.insert(entry.name).second)
      throw DataError(path() + ": the name '" + entry.name + "' stands twice");
  storages_ = pickle.storages;
  layout_ = pickle.tensors;
  prefix_ = model_prefix(tensors_);
}

void PthFile::open_zip() {
  zip_ = read_zip_directory(source_);
  const auto is_pickle = [](const ZipEntry& e) { return e.name.ends_with("/data.pkl"); };
  const auto found = std::find_if(zip_.begin(), zip_.end(), is_pickle);
  if (found == zip_.end() || std::count_if(zip_.begin(), zip_.end(), is_pickle) != 1)
    throw DataError(path() + ": a zip archive, but not one of torch.save: it has no data.pkl");
  const std::string root = found->name.substr(0, found->name.size() - 8);
  if (found->size > kMaxPickle)
    throw DataError(
        str(path(), ": data.pkl has ", found->size, " bytes, over the limit of ", kMaxPickle));
  check_zip_entry(source_, *found);
  const Pickle pickle =
      parse_pickle(source_.bytes(found->offset, found->size), path(), found->offset);
  if (pickle.size != found->size)
    throw DataError(
        str(path(), ": data.pkl goes on behind its end (byte ", found->offset + pickle.size, ")"));
  std::unordered_map<std::string_view, const ZipEntry*> entries;
  for (const ZipEntry& entry : zip_) entries[entry.name] = &entry;
  if (const auto order = entries.find(root + "byteorder"); order != entries.end()) {
    const ZipEntry& entry = *order->second;
    const std::vector<char> text = source_.bytes(entry.offset, std::min<uint64_t>(entry.size, 16));
    if (std::string_view(text.data(), text.size()) != "little")
      throw DataError(path() + ": its bytes are not in little-endian order");
  }
  list(pickle);
  for (const PickledStorage& storage : storages_) {
    const std::string name = root + "data/" + storage.key;
    const auto entry = entries.find(name);
    if (entry == entries.end()) throw DataError(path() + ": the storage " + name + " is missing");
    const uint64_t bytes = storage.elements * element_size(storage.dtype);
    if (entry->second->size != bytes)
      throw DataError(str(path(), ": the storage ", name, " has ", entry->second->size,
                          " bytes but its pickle says ", bytes));
    ranges_.push_back({entry->second->offset, entry->second, false});
  }
}

// Five pickles (magic number, protocol, system, the object, the keys of the storages), then every
// storage in the order of the keys: its number of elements and its bytes.
void PthFile::open_legacy() {
  legacy_ = true;
  const std::vector<char> head = source_.bytes(0, std::min(source_.size(), kMaxPickle));
  const std::string_view text(head.data(), head.size());
  if (!text.starts_with(kLegacyHead)) {
    // A bare pickle: what it would do is named before it is refused all the same.
    if (text.starts_with("\x80") && !kLegacyHead.starts_with(text)) parse_pickle(head, path(), 0);
    throw DataError(path() + ": not a file of torch.save",
                    "a .pth file is a zip archive, or begins with PyTorch's magic number");
  }
  const std::span<const char> bytes(head);
  size_t at = kLegacyHead.size();
  const auto next = [&] {
    Pickle pickle = parse_pickle(bytes.subspan(at), path(), at);
    at += pickle.size;
    return pickle;
  };
  const Pickle system = next();
  const PickleValue& facts = system.values[system.root];
  bool little = false;
  for (size_t i = 0; facts.kind == Kind::dict && i < facts.items.size(); i += 2)
    little |= system.values[facts.items[i]].text == "little_endian" &&
              system.values[facts.items[i + 1]].integer == 1;
  if (!little) throw DataError(path() + ": its bytes are not in little-endian order");
  list(next());
  const Pickle keys = next();
  std::unordered_map<std::string_view, size_t> index;
  for (size_t i = 0; i < storages_.size(); ++i) index[storages_[i].key] = i;
  ranges_.resize(storages_.size());
  std::vector<bool> seen(storages_.size());
  uint64_t offset = at;
  if (keys.values[keys.root].kind != Kind::list ||
      keys.values[keys.root].items.size() != storages_.size())
    throw DataError(str(path(), ": the list of storages does not fit the tensors (byte ", at, ")"));
  for (const uint32_t item : keys.values[keys.root].items) {
    const auto found = index.find(keys.values[item].text);
    if (found == index.end() || seen[found->second])
      throw DataError(
          str(path(), ": the list of storages does not fit the tensors (byte ", at, ")"));
    const PickledStorage& storage = storages_[found->second];
    seen[found->second] = true;
    const uint64_t elements = load_little<uint64_t>(source_.bytes(offset, 8).data());
    if (elements != storage.elements)
      throw DataError(str(path(), ": the storage '", storage.key, "' has ", elements,
                          " elements but its pickle says ", storage.elements, " (byte ", offset,
                          ")"));
    const uint64_t size = elements * element_size(storage.dtype);
    offset += 8;
    if (size > source_.size() - offset)
      throw DataError(str(path(), ": the storage '", storage.key, "' of ", size, " bytes at ",
                          offset, " does not fit a file of ", source_.size()),
                      "the file looks cut short: copy or download it again");
    ranges_[found->second].offset = offset;
    offset += size;
  }
  if (offset != source_.size())
    throw DataError(str(path(), ": ", source_.size() - offset, " bytes too many at its end"));
}

bool PthFile::contains(const std::string& name) const {
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [&](const PthEntry& entry) { return entry.name == name; });
}

const PthEntry& PthFile::entry(const std::string& name) const {
  std::vector<std::string> names;
  for (const PthEntry& entry : tensors_) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw DataError(path() + ": there is no tensor '" + name + "'" + did_you_mean(name, names));
}

std::vector<char> PthFile::read_bytes(const PthEntry& entry) {
  const PickledTensor& tensor = layout_[entry.tensor];
  Range& range = ranges_[tensor.storage];
  if (range.entry && !range.checked) check_zip_entry(source_, *range.entry);
  range.checked = true;
  const uint64_t width = element_size(entry.dtype);
  uint64_t elements = 1, span = 1;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    elements *= tensor.shape[i];
    span += (tensor.shape[i] - 1) * tensor.strides[i];
  }
  if (elements == 0) return {};
  std::vector<char> stored = source_.bytes(range.offset + tensor.offset * width, span * width);
  if (is_row_major(tensor)) return stored;
  std::vector<char> ordered(elements * width);
  std::vector<uint64_t> at(tensor.shape.size());
  uint64_t from = 0;
  for (uint64_t n = 0; n < elements; ++n) {
    std::memcpy(&ordered[n * width], &stored[from * width], width);
    for (size_t i = at.size(); i-- > 0;) {
      from += tensor.strides[i];
      if (++at[i] < tensor.shape[i]) break;
      from -= at[i] * tensor.strides[i];
      at[i] = 0;
    }
  }
  return ordered;
}

Tensor PthFile::read(const std::string& name) {
  const PthEntry& found = entry(name);
  return tensor_from_bytes(found.dtype, found.shape, read_bytes(found),
                           path() + ": '" + name + "'");
}

}  // namespace medley::models
