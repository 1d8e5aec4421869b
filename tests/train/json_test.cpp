// JSON values: writing, reading, refusing.
#include "train/io/json.h"

#include <limits>

#include "core/error.h"
#include "tests/catch.h"

namespace medley::train {
namespace {

TEST_CASE("json: a document survives writing and reading") {
  Json inner = Json::array();
  inner.push(1).push(-2.5).push("a \"b\"\n\x01").push(true).push(Json());
  Json document = Json::object();
  document.set("list", inner).set("empty", Json::object()).set("big", int64_t{1} << 62);
  for (int indent : {-1, 0, 2}) {
    std::string text = document.dump(indent);
    CHECK(Json::parse(text, "t").dump(indent) == text);
  }
  CHECK(document.dump() ==
        R"({"list":[1,-2.5,"a \"b\"\n\u0001",true,null],"empty":{},"big":4611686018427387904})");
}

TEST_CASE("json: doubles come back as the same bits") {
  for (double value : {0.1, 1e-300, 3.0000000000000004, -1.7976931348623157e308, 5e-324})
    CHECK(Json::parse(Json(value).dump(), "t").number() == value);
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).dump() == "null");
}

TEST_CASE("json: text that is not UTF-8 is written as valid JSON") {
  std::string text = Json(std::string("a\xFF\xC3\xA9\xED\xA0\x80z")).dump();
  CHECK(Json::parse(text, "t").text() ==
        "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_CASE("json: what is no JSON is refused") {
  for (const char* text :
       {"", "{", "[1,]", "[1 2]", "{\"a\":1,\"a\":2}", "{\"a\" 1}", "tru", "01", "1.", ".5", "+1",
        "1e", "\"\\x\"", "\"\\u12G4\"", "'a'", "[1]]", "{\"a\":1}}", "[}", "1e999"}) {
    INFO(text);
    CHECK_THROWS_AS(Json::parse(text, "t"), DataError);
  }
}

TEST_CASE("json: a value of another type is named") {
  Json document = Json::parse(R"({"a": "x"})", "t");
  CHECK_THROWS_WITH(document.at("a").integer(), Catch::Contains("whole number"));
  CHECK_THROWS_WITH(document.at("b"), Catch::Contains("'b'"));
  CHECK_THROWS_AS(document.items(), DataError);
}

}  // namespace
}  // namespace medley::train
