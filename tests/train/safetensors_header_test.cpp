// Malformed and well-formed headers with what must become of them.
#include "core/error.h"
#include "models/weights/safetensors.h"
#include "tests/catch.h"

namespace medley::models {
namespace {

struct Case {
  const char* what;
  std::string header;
  uint64_t data;        // bytes behind the header
  const char* message;  // part of the refusal; "": accepted
};

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

std::string two(const std::string& first, const std::string& second) {
  return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + first +
         R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}";
}

std::vector<Case> cases() {
  std::string deep = R"({"a":{"x":)" + std::string(100000, '[') + std::string(100000, ']') + "}}";
  return {
      {"no tensors", "{}", 0, ""},
      {"one tensor", entry("F32", "[2]", "[0,8]"), 8, ""},
      {"a scalar", entry("F32", "[]", "[0,4]"), 4, ""},
      {"an empty tensor", entry("F32", "[0,5]", "[0,0]"), 0, ""},
      {"seven dimensions", entry("U8", "[1,1,1,1,1,1,1]", "[0,1]"), 1, ""},
      {"padding behind", entry("U8", "[1]", "[0,1]") + "   ", 1, ""},
      {"only metadata", R"({"__metadata__":{"a":"b"}})", 0, ""},
      {"tensors out of order", two("[2,4]", "[0,2]"), 4, ""},
      {"half bytes that add up", entry("F4", "[2]", "[0,1]"), 1, ""},
      {"an unknown field", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[{}]}})", 1,
       ""},
      {"an escaped name",
       R"({"\u00e9\ud83d\ude00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, ""},

      {"nothing", "", 0, "begin with '{'"},
      {"a list", "[]", 0, "begin with '{'"},
      {"white space in front", " {}", 0, "begin with '{'"},
      {"text behind", "{}x", 0, "expected end of input"},
      {"a second object", "{}{}", 0, "expected end of input"},
      {"no end", R"({"a":)", 0, "unexpected end of input"},
      {"100,000 open brackets", deep, 0, "nested deeper"},
      {"not UTF-8", "{\"\xFF\":1}", 0, "ill-formed UTF-8"},
      {"an overlong form", "{\"\xC0\x80\":1}", 0, "ill-formed UTF-8"},
      {"a lone surrogate", R"({"\ud800":1})", 0, "surrogate"},
      {"a control character", "{\"a\nb\":1}", 0, "control character"},
      {"a comma too many", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},})", 1, "key"},
      {"a leading zero", entry("U8", "[01]", "[0,1]"), 1, "unexpected number"},
      {"a comment", R"({/**/})", 0, "key"},
      {"NaN", entry("U8", "[NaN]", "[0,1]"), 1, "invalid literal"},

      {"a name twice",
       R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
       1, "twice"},
      {"a field twice", R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
       "twice"},
      {"metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "twice"},
      {"a metadata key twice", R"({"__metadata__":{"a":"1","a":"2"}})", 0, "twice"},
      {"metadata that is no string", R"({"__metadata__":{"a":1}})", 0, "not a string"},
      {"metadata that is a list", R"({"__metadata__":[]})", 0, "not an object"},
      {"a tensor that is a number", R"({"a":1})", 0, "not an object"},
      {"no dtype", R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1, "no dtype"},
      {"no shape", R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1, "no shape"},
      {"no offsets", R"({"a":{"dtype":"U8","shape":[1]}})", 1, "no data_offsets"},
      {"an unknown dtype", entry("F33", "[1]", "[0,4]"), 4, "unknown dtype"},
      {"a dtype in small letters", entry("f32", "[1]", "[0,4]"), 4, "unknown dtype"},
      {"a dtype that is a number", R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}})", 1,
       "not a string"},
      {"a negative size", entry("U8", "[-1]", "[0,1]"), 1, "whole number"},
      {"minus zero", entry("U8", "[-0]", "[0,0]"), 0, "whole number"},
      {"a size with a fraction", entry("U8", "[1.0]", "[0,1]"), 1, "whole number"},
      {"a size with an exponent", entry("U8", "[1e0]", "[0,1]"), 1, "whole number"},
      {"a size over 64 bits", entry("U8", "[99999999999999999999]", "[0,1]"), 1, "whole number"},
      {"a shape inside a shape", entry("U8", "[[1]]", "[0,1]"), 1, "whole number"},
      {"a product that overflows", entry("F32", "[4294967296,4294967296]", "[0,0]"), 0,
       "overflows"},
      {"a product that overflows to the right size",
       entry("U8", "[9223372036854775807,2]", "[0,0]"), 0, "overflows"},
      {"half a byte", entry("F4", "[1]", "[0,1]"), 1, "whole bytes"},
      {"one offset", entry("U8", "[1]", "[0]"), 1, "not two"},
      {"three offsets", entry("U8", "[1]", "[0,1,2]"), 1, "not two"},
      {"a negative offset", entry("U8", "[1]", "[-1,0]"), 1, "whole number"},
      {"offsets backwards", entry("U8", "[1]", "[1,0]"), 1, "must begin at"},
      {"a hole in front", entry("U8", "[1]", "[1,2]"), 2, "must begin at"},
      {"a hole", two("[0,2]", "[3,5]"), 5, "must begin at"},
      {"an overlap", two("[0,2]", "[1,3]"), 3, "overlaps"},
      {"the same bytes twice", two("[0,2]", "[0,2]"), 2, "overlaps"},
      {"too few bytes for the shape", entry("F32", "[2]", "[0,4]"), 4, "need 8"},
      {"too many bytes for the shape", entry("F32", "[2]", "[0,16]"), 16, "need 8"},
      {"data behind the last tensor", entry("U8", "[1]", "[0,1]"), 2, "tensors end at"},
      {"data that is cut short", entry("U8", "[4]", "[0,4]"), 3, "cut short"},
      {"data but no tensors", "{}", 1, "tensors end at"},
  };
}

TEST_CASE("safetensors: every malformed header is refused for its reason") {
  for (const Case& c : cases()) {
    INFO(c.what);
    auto parse = [&] {
      parse_safetensors_header(c.header, 8 + c.header.size() + c.data, "x.safetensors");
    };
    if (*c.message == '\0') {
      CHECK_NOTHROW(parse());
    } else {
      CHECK_THROWS_AS(parse(), DataError);
      CHECK_THROWS_WITH(parse(), Catch::Contains(c.message) && Catch::Contains("x.safetensors"));
    }
  }
}

TEST_CASE("safetensors: strict reading refuses unknown fields") {
  std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})";
  CHECK_THROWS_WITH(parse_safetensors_header(header, 8 + header.size() + 1, "f", true),
                    Catch::Contains("unknown field 'x'"));
}

TEST_CASE("safetensors: no prefix of a header is accepted") {
  std::string header = two("[0,2]", "[2,4]");
  for (size_t length = 0; length < header.size(); ++length) {
    std::string part = header.substr(0, length);
    CHECK_THROWS_AS(parse_safetensors_header(part, 8 + length + 4, "f"), DataError);
  }
}

}  // namespace
}  // namespace medley::models
