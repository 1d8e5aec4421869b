// Pickles that state dicts do not need: every one is refused by name and place.
#include "models/weights/pickle.h"

#include "core/error.h"
#include "models/weights/pth.h"
#include "tests/catch.h"
#include "tests/models/pth_support.h"

namespace medley::models::test {
namespace {

std::string refusal(const std::string& bytes) {
  try {
    parse_pickle({bytes.data(), bytes.size()}, "file.pth", 1000);
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

void check_refused(const std::string& object, const std::string& why) {
  CHECK_THAT(refusal(pickle(object)), Catch::Contains(why));
}

}  // namespace

TEST_CASE("globals that could do something are refused by name and byte", "[pickle]") {
  for (const auto& [module, name] :
       std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                        {"posix", "system"},
                                                        {"nt", "system"},
                                                        {"builtins", "eval"},
                                                        {"builtins", "exec"},
                                                        {"builtins", "getattr"},
                                                        {"builtins", "__import__"},
                                                        {"__builtin__", "set"},
                                                        {"subprocess", "Popen"},
                                                        {"subprocess", "check_output"},
                                                        {"runpy", "_run_code"},
                                                        {"torch", "load"},
                                                        {"torch.hub", "load"},
                                                        {"torch._utils", "_rebuild_tensor_v2 "},
                                                        {"torch._utils", "_rebuild_tensor"},
                                                        {"torch.FloatStorage", ""},
                                                        {"torch.storage", "_load_from_bytes"},
                                                        {"torch.jit", "load"},
                                                        {"numpy.core.multiarray", "_reconstruct"},
                                                        {"pickle", "loads"},
                                                        {"collections", "OrderedDict.fromkeys"},
                                                        {"collections.OrderedDict", "__init__"},
                                                        {"", ""},
                                                        {"shutil", "rmtree"}}) {
    const std::string call = global(module, name) + "(" + text("rm -rf /") + "tR";
    check_refused(call, "names the global " + module + "." + name);
    check_refused(call, "byte 1002");
    // Inside a file it is the file's byte, and no tensor was made.
    for (const std::string& file : {pickle(call), zip(entries(pickle(call), {})), legacy(call, {})})
      CHECK_THROWS_WITH(PthFile(source(file)), Catch::Contains("names the global " + module));
  }
}

TEST_CASE("every opcode outside the grammar is refused by name and byte", "[pickle]") {
  const std::string known("(.NJKMGX)t]ae}suqrhjcRbQ\x80\x85\x86\x87\x88\x89\x8a");
  for (int code = 0; code < 256; ++code) {
    if (known.find(static_cast<char>(code)) != std::string::npos) continue;
    INFO(code);
    check_refused("N" + std::string(1, static_cast<char>(code)), "byte 1003: the opcode ");
  }
  check_refused("ios\nsystem\n", "the opcode INST (0x69)");
  check_refused("(os\n", "the opcode OBJ (0x6f)");
  check_refused(text("os") + text("system") + "\x93", "the opcode STACK_GLOBAL (0x93)");
  check_refused("}\x81", "the opcode NEWOBJ (0x81)");
  check_refused("\x82\x01", "the opcode EXT1 (0x82)");
  check_refused("\x95" + little(4, 8), "the opcode FRAME (0x95)");
}

TEST_CASE("known opcodes in senseless places are refused", "[pickle]") {
  const std::string ordered = global("collections", "OrderedDict");
  check_refused("", "STOP with 0 values");
  check_refused("NN", "STOP with 2 values");
  check_refused("(N", "STOP");
  check_refused("t", "there is no MARK");
  check_refused("N(\x85", "the stack is empty");
  check_refused("]a", "the stack is empty");
  check_refused("NNa", "adds to something that is no list");
  check_refused("](Nu", "adds to something that is no dict");
  check_refused("}(Nu", "a key without a value");
  check_refused("h\x05", "the memo has no value 5");
  check_refused("q", "the stack is empty");
  check_refused("N\x80\x02", "PROTO stands in the middle");
  check_refused(std::string("\x8a\x09", 2) + std::string(9, '\1'), "a number over 64 bits");
  check_refused("NQ", "names something that is no storage");
  check_refused("(" + text("module") + ordered + text("a") + text("b") + "tQ", "no storage");
  check_refused("NNR", "REDUCE of something");
  check_refused(ordered + "(NtR", "REDUCE of collections.OrderedDict with 1 arguments");
  check_refused(global("torch", "FloatStorage") + ")R", "REDUCE of torch.FloatStorage");
  check_refused(global("torch._utils", "_rebuild_tensor_v2") + ")R", "other arguments");
  check_refused(global("torch._utils", "_rebuild_parameter") + ")R", "with 0 arguments");
  check_refused("N}b", "BUILD of something");
  check_refused(std::string(1001, '('), "open MARKs");
  CHECK_THAT(refusal("\x80\x04N."), Catch::Contains("protocol 4"));
  CHECK_THAT(refusal("N."), Catch::Contains("begins with"));
  CHECK_THAT(refusal("X\xff\xff\xff\xff"), Catch::Contains("refused"));
  CHECK_THAT(refusal("\x80\x02X\xff\xff\xff\x7f"
                     "ab"),
             Catch::Contains("ends within an opcode"));
}

TEST_CASE("deep nesting and floods of values end in time", "[pickle]") {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "]";
  deep += std::string(99999, 'a');
  CHECK_THROWS_WITH(PthFile(source(zip(entries(pickle(deep), {})))),
                    Catch::Contains("nested deeper than 64"));
  check_refused(std::string(1500000, 'N'), "more than 1000000 values");
  std::string gets = "Nq" + std::string(1, '\0');
  for (int i = 0; i < 2100000; ++i) gets += std::string("h\0", 2);
  check_refused(gets, "the stack is too deep");
}

TEST_CASE("numbers of every form are read", "[pickle]") {
  const auto number = [](const std::string& ops) {
    const std::string bytes = pickle(ops);
    const Pickle parsed = parse_pickle({bytes.data(), bytes.size()}, "file.pth", 0);
    CHECK(parsed.size == bytes.size());
    const PickleValue& value = parsed.values[parsed.root];
    return value.kind == PickleValue::Kind::real ? value.real : static_cast<double>(value.integer);
  };
  CHECK(number("K\xff") == 255);
  CHECK(number("M\xff\xff") == 65535);
  CHECK(number("J\xff\xff\xff\xff") == -1);
  CHECK(number(std::string("\x8a\0", 2)) == 0);
  CHECK(number("\x8a\x01\xff") == -1);
  CHECK(number(std::string("\x8a\x02\xff\0", 4)) == 255);
  CHECK(number(whole(INT64_MIN)) == static_cast<double>(INT64_MIN));
  CHECK(number(std::string("G\xbf\xf0\0\0\0\0\0\0", 9)) == -1);
}

}  // namespace medley::models::test
