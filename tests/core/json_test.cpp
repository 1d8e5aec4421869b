// JSON values: writing, reading, refusing, and visiting the parts of a long text.
#include "core/json.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/catch.h"

namespace medley {
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
  CHECK(Json::object().set("a", Json::array().push(1)).dump(2) == "{\n  \"a\": [\n    1\n  ]\n}");
}

TEST_CASE("json: numbers come back as the same bits") {
  for (double value : {0.1, 1e-300, 3.0000000000000004, -1.7976931348623157e308, 5e-324})
    CHECK(Json::parse(Json(value).dump(), "t").number() == value);
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).dump() == "null");
  CHECK(Json(100.0).dump() == "100");
  CHECK(Json(1e-5).dump() == "1e-05");
  for (int64_t value : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    const Json back = Json::parse(Json(value).dump(), "t");
    CHECK(back.is_integer());
    CHECK(back.integer() == value);
  }
  for (const char* text : {"-0", "1.0", "1e0", "9223372036854775808", "18446744073709551616"}) {
    INFO(text);
    const Json number = Json::parse(text, "t");
    CHECK(number.is_number());
    CHECK_FALSE(number.is_integer());
    CHECK(Json::parse(number.dump(), "t").number() == number.number());
  }
  CHECK(std::signbit(Json::parse("-0", "t").number()));
}

TEST_CASE("json: text that is not UTF-8 is written as valid JSON") {
  std::string text = Json(std::string("a\xFF\xC3\xA9\xED\xA0\x80z")).dump();
  CHECK(Json::parse(text, "t").text() ==
        "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_CASE("json: what is no JSON is refused with its source") {
  for (const char* text :
       {"",    "{",    "[1,]",       "[1 2]",   "{\"a\" 1}",   "tru",         "01",        "1.",
        ".5",  "+1",   "1e",         "\"\\x\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\xFF\"",  "\"\n\"",
        "'a'", "[1]]", "{\"a\":1}}", "[}",      "1e999",       "NaN",         "[1] // one"}) {
    INFO(text);
    CHECK_THROWS_AS(Json::parse(text, "a.json"), DataError);
    CHECK_THROWS_WITH(Json::parse(text, "a.json"), Catch::StartsWith("a.json: "));
  }
  CHECK_THROWS_WITH(Json::parse("[1,\n x]", "a.json"), Catch::Contains("line 2, column 2"));
  CHECK_THROWS_WITH(Json::parse({"[1]\0[", 5}, "a.json"), Catch::Contains("byte 3 is 0"));
  CHECK_THROWS_WITH(Json::parse(R"({"a":[{"b":1},{"b":1,"b":2}]})", "a.json"),
                    Catch::Contains("the key 'a.1.b' stands twice"));
}

TEST_CASE("json: nesting has a limit") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(Json::parse(nested(64), "t").dump() == nested(64));
  for (size_t depth : {65, 100'000})
    CHECK_THROWS_WITH(Json::parse(nested(depth), "t"), Catch::Contains("nested deeper than 64"));
}

TEST_CASE("json: a value of another type is named") {
  Json document = Json::parse(R"({"a": "x"})", "t");
  CHECK_THROWS_WITH(document.at("a").integer(), Catch::Contains("whole number"));
  CHECK_THROWS_WITH(document.at("b"), Catch::Contains("'b'"));
  CHECK_THROWS_AS(document.items(), DataError);
}

TEST_CASE("json: the parts of a list or an object, one at a time") {
  std::string seen;
  const auto element = [&](const Json& value) { seen += value.dump() + " "; };
  const auto member = [&](const std::string& key, const Json& value) {
    seen += key + "=" + value.dump() + " ";
  };
  Json::each_element(R"([1, [2, {"a": 3}], {}])", "t", element);
  CHECK(seen == R"(1 [2,{"a":3}] {} )");
  seen.clear();
  Json::each_member(R"({"x": 1, "y": {"z": [2]}})", "t", member);
  CHECK(seen == R"(x=1 y={"z":[2]} )");

  for (const char* text : {"{}", "1", "null"})
    CHECK_THROWS_WITH(Json::each_element(text, "t", element),
                      Catch::Contains("t: it holds no list"));
  for (const char* text : {"[]", "\"x\""})
    CHECK_THROWS_WITH(Json::each_member(text, "t", member), Catch::Contains("it holds no object"));
  CHECK_THROWS_WITH(Json::each_member(R"({"x": 1, "x": 2})", "t", member),
                    Catch::Contains("the key 'x' stands twice"));
  seen.clear();
  CHECK_THROWS_AS(Json::each_element("[1, 2", "t", element), DataError);
  CHECK(seen == "1 2 ");
}

TEST_CASE("json: the elements of the lists in an object") {
  std::string seen;
  const auto row = [&](const std::string& list, const Json& value) {
    seen += list + "=" + value.dump() + " ";
  };
  Json::each_row(R"({"info": {"year": [2014]}, "x": [1, [2], {"a": [3]}], "y": [], "z": [{}],
                     "n": 5})",
                 "t", row);
  CHECK(seen == R"(x=1 x=[2] x={"a":[3]} z={} )");
  CHECK_THROWS_WITH(Json::each_row("[]", "t", row), Catch::Contains("it holds no object"));
  // Lists have no limit, their elements do.
  std::string rows = R"({"x": [0)";
  for (int i = 0; i < 70'000; ++i) rows += ",0";
  int64_t count = 0;
  Json::each_row(rows + "]}", "t", [&](const std::string&, const Json&) { ++count; });
  CHECK(count == 70'001);
  CHECK_THROWS_WITH(Json::each_row(R"({"x": [)" + rows.substr(6) + "]]}", "t", row),
                    Catch::Contains("more than 65536 values in one"));
}

TEST_CASE("json: a part that is visited has a limit") {
  std::string list = "[0";
  for (int i = 1; i < 65'536; ++i) list += ",0";
  size_t count = 0;
  const auto element = [&](const Json& value) { count += value.items().size(); };
  Json::each_element("[" + list + "]," + list + "]]", "t", element);
  CHECK(count == 2 * 65'536);
  CHECK_THROWS_WITH(Json::each_element("[" + list + ",0]]", "t", element),
                    Catch::Contains("more than 65536 values"));
}

}  // namespace
}  // namespace medley
