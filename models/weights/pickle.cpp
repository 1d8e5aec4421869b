// The stack machine of pickle, cut down to what builds numbers, strings, lists, dicts and tensors.
#include "models/weights/pickle.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/byte_source.h"
#include "models/weights/pickle_opcodes.h"
#include "models/weights/pickle_storage.h"

namespace medley::models {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxRank = 64;  // PyTorch's own limit
constexpr const char* kOrderedDict = "collections.OrderedDict";
constexpr const char* kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* kRebuildParameter = "torch._utils._rebuild_parameter";

class Parser {
 public:
  Parser(std::span<const char> bytes, const std::string& source, uint64_t file_offset)
      : bytes_(bytes.first(std::min<uint64_t>(bytes.size(), kMaxPickle))),
        source_(source),
        file_offset_(file_offset) {}

  Pickle run() {
    while (step()) {
    }
    if (stack_.size() != 1 || !marks_.empty())
      fail(str("STOP with ", stack_.size(), " values on the stack"));
    out_.root = stack_[0];
    out_.size = at_;
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw DataError(
        str(source_, ": pickle refused at byte ", file_offset_ + opcode_at_, ": ", what), hint);
  }

  std::span<const char> take(uint64_t size) {
    if (size > bytes_.size() - at_)
      fail(str("it ends within an opcode (", size, " bytes wanted, ", bytes_.size() - at_,
               " are left)"),
           "the file looks cut short: copy or download it again");
    const std::span<const char> taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  template <class T>
  T number() {
    return load_little<T>(take(sizeof(T)).data());
  }
  std::string line() {
    const size_t begin = at_;
    while (take(1)[0] != '\n') {
    }
    return {&bytes_[begin], at_ - 1 - begin};
  }

  uint32_t make(PickleValue value) {
    if (out_.values.size() >= kMaxPickleValues)
      fail(str("more than ", kMaxPickleValues, " values"));
    out_.values.push_back(std::move(value));
    return static_cast<uint32_t>(out_.values.size() - 1);
  }
  void push(uint32_t index) {
    // A pickle of GETs alone makes no values but could fill the stack.
    if (stack_.size() >= 2 * kMaxPickleValues) fail("the stack is too deep");
    stack_.push_back(index);
  }
  void push(PickleValue value) { push(make(std::move(value))); }
  void push_integer(int64_t value) { push({.kind = Kind::integer, .integer = value}); }

  // What lies above the last mark belongs to the list or tuple being built and cannot be reached
  // past it.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  uint32_t pop() {
    if (stack_.size() <= floor()) fail("the stack is empty");
    const uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::vector<uint32_t> pop_many(size_t count) {
    if (stack_.size() - floor() < count) fail("the stack is empty");
    std::vector<uint32_t> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  std::vector<uint32_t> pop_to_mark() {
    if (marks_.empty()) fail("there is no MARK");
    std::vector<uint32_t> items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  PickleValue& top() {
    if (stack_.size() <= floor()) fail("the stack is empty");
    return out_.values[stack_.back()];
  }
  const PickleValue& value(uint32_t index) const { return out_.values[index]; }

  // Few bytes can repeat a value that stands elsewhere: what is made of such is counted.
  void count_items(size_t items) {
    items_ += items;
    if (items_ > 4 * kMaxPickleValues) fail("too many items in lists, dicts and shapes");
  }

  void append(const std::vector<uint32_t>& items, Kind kind, const char* what) {
    PickleValue& target = top();
    if (target.kind != kind) fail(str("it adds to something that is no ", what));
    if (kind == Kind::dict && items.size() % 2 != 0) fail("a key without a value");
    count_items(items.size());
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void global() {
    const std::string module = line();
    const std::string name = module + "." + line();
    if (name != kOrderedDict && name != kRebuildTensor && name != kRebuildParameter &&
        !storage_type(name))
      fail("it names the global " + name,
           "state dicts need only collections.OrderedDict, torch's storages and "
           "_rebuild_tensor_v2; nothing was run. Save the state dict alone, or as safetensors");
    push({.kind = Kind::global, .text = name});
  }

  uint64_t size_of_item(uint32_t index, const char* what) const {
    const PickleValue& item = value(index);
    if (item.kind != Kind::integer || item.integer < 0)
      fail(str(what, " is not a whole number >= 0"));
    return static_cast<uint64_t>(item.integer);
  }

  // ('storage', torch.FloatStorage, key, location, elements), legacy files with a sixth item: None,
  // or a view of another storage, which torch has not written for years.
  void persistent_id() {
    const PickleValue& id = value(pop());
    const auto is = [&](size_t i, Kind kind) { return value(id.items[i]).kind == kind; };
    const bool form = id.kind == Kind::tuple && (id.items.size() == 5 || id.items.size() == 6) &&
                      is(0, Kind::string) && value(id.items[0]).text == "storage" &&
                      is(1, Kind::global) && storage_type(value(id.items[1]).text) &&
                      is(2, Kind::string) && is(3, Kind::string);
    if (!form) fail("BINPERSID names something that is no storage");
    if (id.items.size() == 6 && !is(5, Kind::none))
      fail("a storage is a view of another storage", "save the state dict with a newer torch");
    if (value(id.items[2]).text.size() > kMaxStorageKey)
      fail(str("the key of a storage has ", value(id.items[2]).text.size(), " characters"));
    const PickleStorageType& type = *storage_type(value(id.items[1]).text);
    const PickledStorage storage{value(id.items[2]).text, type.dtype,
                                 size_of_item(id.items[4], "the size of a storage")};
    if (storage.elements > UINT64_MAX / type.bytes) fail("the size of a storage overflows 64 bits");
    const auto [found, fresh] = storage_index_.emplace(storage.key, out_.storages.size());
    if (fresh) {
      out_.storages.push_back(storage);
    } else if (out_.storages[found->second].dtype != storage.dtype ||
               out_.storages[found->second].elements != storage.elements) {
      fail("the storage '" + storage.key + "' has two types or sizes");
    }
    push({.kind = Kind::storage, .integer = static_cast<int64_t>(found->second)});
  }

  std::vector<uint64_t> sizes(uint32_t index, const char* what) const {
    if (value(index).kind != Kind::tuple) fail(str(what, " is no tuple"));
    if (value(index).items.size() > kMaxRank)
      fail(str(what, " has ", value(index).items.size(), " dimensions"));
    std::vector<uint64_t> out;
    for (const uint32_t item : value(index).items) out.push_back(size_of_item(item, what));
    return out;
  }

  void rebuild_tensor(const std::vector<uint32_t>& arguments) {
    if (arguments.size() < 6 || arguments.size() > 7 || value(arguments[0]).kind != Kind::storage ||
        value(arguments[4]).kind != Kind::boolean || value(arguments[5]).kind != Kind::dict)
      fail("_rebuild_tensor_v2 has other arguments than torch.save gives it");
    PickledTensor tensor{static_cast<size_t>(value(arguments[0]).integer),
                         size_of_item(arguments[1], "the offset of a tensor"),
                         sizes(arguments[2], "the shape of a tensor"),
                         sizes(arguments[3], "the strides of a tensor")};
    if (tensor.shape.size() != tensor.strides.size())
      fail("a tensor has more or fewer strides than dimensions");
    count_items(2 * tensor.shape.size());
    const std::string wrong = range_problem(tensor, out_.storages[tensor.storage]);
    if (!wrong.empty()) fail(wrong);
    out_.tensors.push_back(std::move(tensor));
    push({.kind = Kind::tensor, .integer = static_cast<int64_t>(out_.tensors.size() - 1)});
  }

  void reduce() {
    const uint32_t given = pop();
    const uint32_t callable = pop();
    if (value(callable).kind != Kind::global || value(given).kind != Kind::tuple)
      fail("REDUCE of something that is no function and its arguments");
    const std::vector<uint32_t>& arguments = value(given).items;
    const std::string& name = value(callable).text;
    if (name == kOrderedDict && arguments.empty()) {
      push({.kind = Kind::dict});
    } else if (name == kRebuildTensor) {
      rebuild_tensor(arguments);
    } else if (name == kRebuildParameter && arguments.size() == 3 &&
               value(arguments[0]).kind == Kind::tensor) {
      push(arguments[0]);
    } else {
      fail(str("REDUCE of ", name, " with ", arguments.size(), " arguments"));
    }
  }

  void long1() {
    const uint64_t size = number<uint8_t>();
    if (size > 8) fail(str("LONG1 of ", size, " bytes: a number over 64 bits"));
    const std::span<const char> digits = take(size);
    // Plain char is unsigned on ARM.
    const bool negative = size > 0 && static_cast<signed char>(digits[size - 1]) < 0;
    uint64_t value = negative ? ~uint64_t{0} : 0;
    for (size_t i = size; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(digits[i]);
    push_integer(static_cast<int64_t>(value));
  }

  void binfloat() {  // big-endian, unlike everything else
    uint64_t bits = 0;
    for (const char byte : take(8)) bits = (bits << 8) | static_cast<unsigned char>(byte);
    push({.kind = Kind::real, .real = std::bit_cast<double>(bits)});
  }

  void put(uint32_t key) {
    top();
    memo_[key] = stack_.back();
  }
  void get(uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail(str("the memo has no value ", key));
    push(found->second);
  }

  void build() {
    const uint32_t state = pop();
    if (value(state).kind != Kind::dict || top().kind != Kind::dict)
      fail("BUILD of something that is no OrderedDict");
    // The attributes of a state dict: _metadata, versions of modules. Nobody needs them.
  }

  bool step() {
    opcode_at_ = at_;
    const unsigned char code = static_cast<unsigned char>(take(1)[0]);
    if (opcode_at_ == 0 && code != kProto) fail(str("it begins with ", opcode_text(code)));
    switch (code) {
      case kProto:
        if (opcode_at_ != 0) fail("PROTO stands in the middle");
        if (const int version = number<uint8_t>(); version != 2)
          fail(str("protocol ", version), "torch.save writes protocol 2 unless told otherwise");
        break;
      case kStop:
        return false;
      case kMark:
        marks_.push_back(stack_.size());
        limit_marks();
        break;
      case kNone:
        push({.kind = Kind::none});
        break;
      case kNewTrue:
        push({.kind = Kind::boolean, .integer = 1});
        break;
      case kNewFalse:
        push({.kind = Kind::boolean, .integer = 0});
        break;
      case kBinInt:
        push_integer(static_cast<int32_t>(number<uint32_t>()));
        break;
      case kBinInt1:
        push_integer(number<uint8_t>());
        break;
      case kBinInt2:
        push_integer(number<uint16_t>());
        break;
      case kLong1:
        long1();
        break;
      case kBinFloat:
        binfloat();
        break;
      case kBinUnicode: {
        const std::span<const char> text = take(number<uint32_t>());
        push({.kind = Kind::string, .text = std::string(text.begin(), text.end())});
        break;
      }
      case kEmptyTuple:
        push({.kind = Kind::tuple});
        break;
      case kTuple1:
        push({.kind = Kind::tuple, .items = pop_many(1)});
        break;
      case kTuple2:
        push({.kind = Kind::tuple, .items = pop_many(2)});
        break;
      case kTuple3:
        push({.kind = Kind::tuple, .items = pop_many(3)});
        break;
      case kTuple:
        push({.kind = Kind::tuple, .items = pop_to_mark()});
        break;
      case kEmptyList:
        push({.kind = Kind::list});
        break;
      case kAppend:
        append(pop_many(1), Kind::list, "list");
        break;
      case kAppends:
        append(pop_to_mark(), Kind::list, "list");
        break;
      case kEmptyDict:
        push({.kind = Kind::dict});
        break;
      case kSetItem:
        append(pop_many(2), Kind::dict, "dict");
        break;
      case kSetItems:
        append(pop_to_mark(), Kind::dict, "dict");
        break;
      case kBinPut:
        put(number<uint8_t>());
        break;
      case kLongBinPut:
        put(number<uint32_t>());
        break;
      case kBinGet:
        get(number<uint8_t>());
        break;
      case kLongBinGet:
        get(number<uint32_t>());
        break;
      case kGlobal:
        global();
        break;
      case kReduce:
        reduce();
        break;
      case kBuild:
        build();
        break;
      case kBinPersId:
        persistent_id();
        break;
      default:
        fail("the opcode " + opcode_text(code),
             "state dicts do not need it; nothing was run. Save the state dict alone, or as "
             "safetensors");
    }
    return true;
  }
  void limit_marks() const {
    if (marks_.size() > 1000) fail("more than 1000 open MARKs");
  }

  std::span<const char> bytes_;
  std::string source_;
  uint64_t file_offset_;
  size_t at_ = 0, opcode_at_ = 0, items_ = 0;
  Pickle out_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // size of the stack at each open MARK
  std::unordered_map<uint32_t, uint32_t> memo_;
  std::unordered_map<std::string, size_t> storage_index_;
};

}  // namespace

Pickle parse_pickle(std::span<const char> bytes, const std::string& source, uint64_t file_offset) {
  return Parser(bytes, source, file_offset).run();
}

}  // namespace medley::models
