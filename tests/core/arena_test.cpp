// Flat arenas: layout, views, parts and ties.
#include "core/arena.h"

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;

namespace {

ArenaLayout example() {
  ArenaLayout layout;
  layout.add("bias", {3});
  layout.add("qkv.weight", {6, 5});
  layout.part("query.weight", "qkv.weight", 0, 2);
  layout.part("value.weight", "qkv.weight", 4, 6);
  layout.tie("decoder.weight", "qkv.weight");
  layout.tie("decoder.value", "value.weight");
  layout.add("scale", {});
  return layout;
}

}  // namespace

TEST_CASE("entries start at multiples of 16 elements") {
  const ArenaLayout layout = example();
  CHECK(layout.entry("bias").offset == 0);
  CHECK(layout.entry("qkv.weight").offset == 16);
  CHECK(layout.entry("value.weight").offset == 16 + 20);
  CHECK(layout.entry("scale").offset == 48);
  CHECK(layout.elements() == 64);
  CHECK(layout.entries().size() == 7);
  CHECK(layout.entry("scale").owner.empty());
  CHECK(layout.entry("decoder.weight").owner == "qkv.weight");
  CHECK(layout.entry("decoder.value").owner == "qkv.weight");
}

TEST_CASE("tied names and parts are the same memory") {
  const FlatArena arena(example(), DType::f32, {});
  const Tensor weight = arena.at("qkv.weight");
  CHECK(weight.shape() == Shape{6, 5});
  weight.data<float>()[22] = 5;
  CHECK(arena.at("decoder.weight").data<float>() == weight.data<float>());
  CHECK(arena.at("value.weight").to_vector<float>()[2] == 5);
  CHECK(arena.at("decoder.value").shape() == Shape{2, 5});
  CHECK(arena.flat().data<float>()[38] == 5);
  CHECK(arena.at("scale").rank() == 0);
}

TEST_CASE("a layout of some entries has their ties and parts, and no gaps for the others") {
  const ArenaLayout layout =
      example().only([](const std::string& name) { return name != "bias" && name != "scale"; });
  CHECK(layout.elements() == 32);
  CHECK_FALSE(layout.contains("bias"));
  CHECK(layout.entry("value.weight").offset == 20);
  CHECK(layout.entry("decoder.value").owner == "qkv.weight");
  CHECK(layout.entry("decoder.value").offset == 20);
  CHECK(layout.entry("decoder.weight").shape == Shape{6, 5});
}

TEST_CASE("an arena starts as zeros, gaps included") {
  const FlatArena arena(example(), DType::f64, {});
  CHECK(arena.flat().to_vector<double>() == std::vector<double>(64, 0.0));
}

TEST_CASE("names are unique, and a wrong one gets the nearest") {
  ArenaLayout layout = example();
  CHECK_THROWS_AS(layout.add("bias", {2}), ValueError);
  CHECK_THROWS_AS(layout.tie("x", "nothing"), ValueError);
  CHECK_THROWS_AS(layout.part("x", "qkv.weight", 4, 7), ShapeError);
  CHECK_THROWS_AS(layout.part("x", "scale", 0, 1), ShapeError);
  CHECK_THROWS_WITH(layout.entry("query.wieght"), Catch::Contains("did you mean 'query.weight'?"));
  CHECK_FALSE(layout.contains("x"));
}
