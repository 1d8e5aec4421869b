// Files of torch.save that are sound, cut short, or lie.
#include "models/weights/pth.h"

#include "core/error.h"
#include "tests/catch.h"
#include "tests/models/pth_support.h"

namespace medley::models::test {
namespace {

const std::vector<float> kValues = {0, 1, 2, 3, 4, 5};

// Two names of one storage: whole, and its transpose.
std::string tied_object() {
  return dict(text("w") + tensor(storage("0", 6), 0, {2, 3}, {3, 1}) + text("w.t") +
              tensor(storage("0", 6), 0, {3, 2}, {1, 3}) + text("last") +
              tensor(storage("0", 6), 5, {}, {}));
}
std::string zip_file() { return zip(entries(pickle(tied_object()), {{"0", floats(kValues)}})); }
std::string legacy_file() { return legacy(tied_object(), {{"0", 6, floats(kValues)}}); }

void check_refused(const std::string& bytes, const std::string& why) {
  using Catch::Matchers::Contains;
  CHECK_THROWS_MATCHES(
      PthFile(source(bytes)), DataError,
      Catch::Matchers::Predicate<DataError>(
          [&](const DataError& error) { return Contains(why).match(error.what()); },
          "says: " + why));
}

std::string with_tensor(const std::string& tensor_ops, const std::string& data) {
  return zip(entries(pickle(dict(text("w") + tensor_ops)), {{"0", data}}));
}

}  // namespace

TEST_CASE("a state dict is read in both formats, tied tensors, views and scalars too", "[pth]") {
  for (const std::string& bytes : {zip_file(), legacy_file()}) {
    PthFile file(source(bytes));
    REQUIRE(file.tensors().size() == 3);
    CHECK(file.read("w").shape() == Shape{2, 3});
    CHECK(file.read("w").to_vector<float>() == kValues);
    CHECK(file.read("w.t").to_vector<float>() == std::vector<float>{0, 3, 1, 4, 2, 5});
    CHECK(file.read("last").to_vector<float>() == std::vector<float>{5});
    CHECK(file.prefix().empty());
    CHECK_THROWS_WITH(file.read("ww"), Catch::Contains("did you mean 'w'"));
  }
  CHECK(PthFile(source(legacy_file())).is_legacy());
  CHECK_FALSE(PthFile(source(zip_file())).is_legacy());
}

TEST_CASE("every element type is read or becomes the nearest one", "[pth]") {
  const auto read = [](const std::string& type, const std::string& bytes, int64_t n) {
    return PthFile(source(with_tensor(tensor(storage("0", n, type), 0, {n}, {1}), bytes)))
        .read("w");
  };
  const std::string halves = little(0x3C00, 2) + little(0xC000, 2) + little(0x0001, 2) +
                             little(0x7BFF, 2) + little(0x8000, 2);
  CHECK(read("HalfStorage", halves, 5).to_vector<float>() ==
        std::vector<float>{1, -2, 5.9604644775390625e-8f, 65504, 0});
  CHECK(read("LongStorage", little(7, 8), 1).to_vector<int64_t>() == std::vector<int64_t>{7});
  CHECK(read("IntStorage", little(7, 4), 1).to_vector<int32_t>() == std::vector<int32_t>{7});
  CHECK(read("ShortStorage", little(0xFFFE, 2), 1).to_vector<int32_t>() ==
        std::vector<int32_t>{-2});
  CHECK(read("CharStorage", little(0xFF, 1), 1).to_vector<int32_t>() == std::vector<int32_t>{-1});
  CHECK(read("ByteStorage", little(0xFF, 1), 1).to_vector<uint8_t>() == std::vector<uint8_t>{255});
  CHECK(read("BoolStorage", little(1, 1), 1).to_vector<uint8_t>() == std::vector<uint8_t>{1});
  CHECK(read("BFloat16Storage", little(0x3F80, 2), 1).dtype() == DType::bf16);
  CHECK(read("DoubleStorage", little(0x3FF0000000000000, 8), 1).item() == 1.0);
}

TEST_CASE("checkpoints list nested names and scalars", "[pth]") {
  const std::string object =
      dict(text("model") + dict(text("w") + tensor(storage("0", 6), 0, {6}, {1})) + text("epoch") +
           whole(3) + text("config") +
           dict(text("lr") + "G" + std::string("\x3f\xb9\x99\x99\x99\x99\x99\x9a") + text("name") +
                text("a\"b") + text("sizes") + sizes({4, 5}) + text("none") + "N") +
           text("state") + dict(whole(12) + "\x88"));
  const PthFile file(source(zip(entries(pickle(object), {{"0", floats(kValues)}}))));
  REQUIRE(file.tensors().size() == 1);
  CHECK(file.tensors()[0].name == "model.w");
  CHECK(file.prefix() == "model.");
  std::string listed;
  for (const PthScalar& scalar : file.scalars()) listed += scalar.name + "=" + scalar.json + " ";
  CHECK(listed ==
        "epoch=3 config.lr=0.1 config.name=\"a\\\"b\" config.sizes.0=4 config.sizes.1=5 "
        "config.none=null state.12=true ");
}

TEST_CASE("a file cut at any byte is refused", "[pth]") {
  for (const std::string& bytes :
       {zip_file(), zip(entries(pickle(tied_object()), {{"0", floats(kValues)}}), false),
        legacy_file()})
    for (size_t length = 0; length < bytes.size(); ++length) {
      INFO(length << " of " << bytes.size());
      CHECK_THROWS_AS(PthFile(source(bytes.substr(0, length))), DataError);
    }
  check_refused(zip_file().substr(0, 300), "starts like a zip archive but the end record");
}

TEST_CASE("a flipped byte is refused or changes nothing but what it names", "[pth]") {
  const std::string good = zip_file();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    try {
      PthFile file(source(bytes));
      for (const PthEntry& entry : file.tensors()) file.read(entry.name);
    } catch (const DataError&) {
    }
  }
  std::string bytes = good;
  const size_t data = bytes.find(floats(kValues));
  bytes[data + 5] = 1;
  PthFile damaged(source(bytes));
  CHECK_THROWS_WITH(damaged.read("w"), Catch::Contains("checksum of 'archive/data/0'"));
}

TEST_CASE("tensors that reach out of their storage are refused", "[pth]") {
  const std::string data = floats(kValues);
  const auto refused = [&](int64_t offset, std::vector<int64_t> shape, std::vector<int64_t> strides,
                           const std::string& why) {
    check_refused(with_tensor(tensor(storage("0", 6), offset, shape, strides), data), why);
  };
  refused(0, {7}, {1}, "reaches element 6");
  refused(1, {2, 3}, {3, 1}, "reaches element 6");
  refused(6, {}, {}, "reaches element 6");
  refused(7, {0}, {1}, "reaches element 7");
  refused(0, {2, 3}, {4, 1}, "reaches element 6");
  refused(0, {1000000}, {0}, "has 1000000 elements but the storage");
  refused(0, {int64_t{1} << 40, int64_t{1} << 40}, {0, 0}, "overflows");
  refused(0, {5}, {int64_t{1} << 62}, "overflows");
  refused(-1, {2}, {1}, "is not a whole number >= 0");
  refused(0, {-1}, {1}, "is not a whole number >= 0");
  refused(0, {2, 3}, {3}, "strides");
  refused(0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1), "65 dimensions");
}

TEST_CASE("storages that lie are refused", "[pth]") {
  const std::string data = floats(kValues);
  const auto with = [&](const std::string& stored) {
    return with_tensor(tensor(stored, 0, {6}, {1}), data);
  };
  check_refused(with(storage("0", 7)), "has 24 bytes but its pickle says 28");
  check_refused(with(storage("1", 6)), "data/1 is missing");
  check_refused(with(storage("0", INT64_MAX)), "overflows");
  check_refused(with(storage("0", -6)), "is not a whole number >= 0");
  check_refused(with(storage("0", 6, "DoubleStorage")), "its pickle says 48");
  check_refused(with(storage("0", 6, "QInt8Storage")), "the global torch.QInt8Storage");
  const std::string twice = dict(text("a") + tensor(storage("0", 6), 0, {6}, {1}) + text("b") +
                                 tensor(storage("0", 5), 0, {5}, {1}));
  check_refused(zip(entries(pickle(twice), {{"0", data}})), "two types or sizes");

  const std::string one = dict(text("w") + tensor(storage("0", 6), 0, {6}, {1}));
  check_refused(legacy(one, {{"0", 7, data}}), "has 7 elements but its pickle says 6");
  check_refused(legacy(one, {{"0", 6, data + "x"}}), "1 bytes too many");
  check_refused(legacy(one, {}), "does not fit the tensors");
  check_refused(legacy(one, {{"1", 6, data}}), "does not fit the tensors");
  check_refused(legacy(dict(text("w") + tensor(storage("0", INT32_MAX), 0, {6}, {1})),
                       {{"0", INT32_MAX, data}}),
                "does not fit a file of");
}

TEST_CASE("archives that lie are refused", "[pth]") {
  const auto changed = [](auto change) {
    std::vector<Entry> all = entries(pickle(tied_object()), {{"0", floats(kValues)}});
    change(all);
    return zip(all);
  };
  check_refused(changed([](auto& e) { e[1].method = 8; }), "is compressed (method 8)");
  check_refused(changed([](auto& e) { e[1].flags = 1; }), "has the flags 1");
  check_refused(changed([](auto& e) { e[1].size_lie = 1 << 20; }), "reaches into the directory");
  check_refused(changed([](auto& e) { e[1].size_lie = 4; }), "overlap");
  check_refused(changed([](auto& e) { e[1].size_lie = -4; }), "has 20 bytes but");
  check_refused(changed([](auto& e) { e[1].offset_lie = 4; }), "no local header");
  check_refused(changed([](auto& e) { e[1].offset_lie = 1 << 30; }), "lies outside");
  check_refused(changed([](auto& e) { e[0].crc_lie = 1; }), "checksum of 'archive/data.pkl'");
  check_refused(changed([](auto& e) { e[1].name = "archive/../x"; }), "has the name");
  check_refused(changed([](auto& e) { e[1].name = "/etc/passwd"; }), "has the name");
  check_refused(changed([](auto& e) { e[1].local_name = "archive/data/9"; }), "contradicts");
  check_refused(changed([](auto& e) { e.push_back(e[1]); }), "stands twice");
  check_refused(changed([](auto& e) { e.erase(e.begin()); }), "no data.pkl");
  check_refused(changed([](auto& e) { e[0].data += "x"; }), "goes on behind its end");
  check_refused(changed([](auto& e) { e.push_back({.name = "archive/byteorder", .data = "big"}); }),
                "little-endian");
  std::string comment = zip_file();
  comment[comment.size() - 2] = 1;
  check_refused(comment, "comment");
  check_refused(zip_file() + "x", "end record is missing");
  std::string moved = zip_file();
  moved.replace(moved.size() - 22 - 20 - 56 + 48, 8, little(1, 8));
  check_refused(moved, "contradict");
  check_refused("PK\x03\x04", "end record is missing");
  check_refused("", "not a file of torch.save");
  check_refused("{\"a\": 1}", "not a file of torch.save");
}

TEST_CASE("names that collide, cycles and shared values that multiply are refused", "[pth]") {
  const auto file = [](const std::string& object) {
    return zip(entries(pickle(object), {{"0", floats(kValues)}}));
  };
  const std::string one = tensor(storage("0", 6), 0, {6}, {1});
  check_refused(file(dict(text("a.b") + one + text("a") + dict(text("b") + one))),
                "the name 'a.b' stands twice");
  check_refused(file("]q" + std::string(1, '\0') + "h" + std::string(1, '\0') + "a"),
                "nested deeper than 64");
  // Lists of ten times the list before, nine levels: 10^9 values.
  std::string bomb = "](]Naq" + std::string(1, '\0');
  for (char level = 0; level < 9; ++level) {
    bomb += "](";
    for (int i = 0; i < 10; ++i) bomb += std::string("h") + level;
    bomb += "eq" + std::string(1, static_cast<char>(level + 1));
  }
  check_refused(file(bomb + "e"), "shared values stand for too many");
  // A long key in front of many.
  std::string many = "}(";
  for (int i = 0; i < 10000; ++i) many += text(std::to_string(i)) + "N";
  check_refused(file(dict(text(std::string(10000, 'k')) + many + "u")),
                "names and texts are too long");
  check_refused(file(dict(text("k") + global("collections", "OrderedDict"))), "neither a tensor");
  // A long text that stands once and is named again and again: 8 MB would become 80 GB.
  std::string again = "](" + text(std::string(8 << 20, 't')) + "q" + std::string(1, '\0');
  for (int i = 0; i < 10000; ++i) again += "h" + std::string(1, '\0');
  check_refused(file(again + "e"), "names and texts are too long");
}

TEST_CASE("few bytes cannot ask for much: keys of storages, shapes that are used again", "[pth]") {
  const auto file = [](const std::string& object) { return zip(entries(pickle(object), {})); };
  check_refused(file(storage(std::string(1 << 20, '7'), 1)), "the key of a storage has 1048576");
  // The shape, the strides and the storage stand once in the memo; each use is 20 bytes.
  const std::string zero(1, '\0'), one(1, '\1'), two(1, '\2'), three(1, '\3');
  const std::string ones = sizes(std::vector<int64_t>(64, 1));
  std::string many = "](" + storage("0", 1) + "q" + zero + ones + "q" + one + "}q" + two +
                     global("torch._utils", "_rebuild_tensor_v2") + "q" + three;
  for (int i = 0; i < 40000; ++i)
    many += "h" + three + "(h" + zero + "K" + zero + "h" + one + "h" + one + std::string("\x89") +
            "h" + two + "tR";
  check_refused(file(many + "e"), "too many items in lists, dicts and shapes");
}

}  // namespace medley::models::test
