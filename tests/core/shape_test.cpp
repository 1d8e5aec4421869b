// Shapes: indexing from both ends, strides, text, and what is refused.
#include "core/shape.h"

#include "core/error.h"
#include "tests/catch.h"

using medley::Shape;
using medley::ShapeError;

TEST_CASE("a shape counts dimensions from both ends") {
  const Shape shape{8, 197, 768};
  CHECK(shape.rank() == 3);
  CHECK(shape[0] == 8);
  CHECK(shape[-1] == 768);
  CHECK(shape[-3] == 8);
  CHECK_THROWS_AS(shape[3], ShapeError);
  CHECK_THROWS_AS(shape[-4], ShapeError);
}

TEST_CASE("the default shape is a scalar") {
  const Shape scalar;
  CHECK(scalar.rank() == 0);
  CHECK(scalar.elements() == 1);
  CHECK(scalar.str() == "()");
  CHECK_THROWS_AS(scalar[0], ShapeError);
}

TEST_CASE("strides are row-major, and elements is a product") {
  CHECK(Shape{2, 3, 5}.contiguous_strides() == Shape{15, 5, 1});
  CHECK(Shape{2, 3, 5}.elements() == 30);
  CHECK(Shape{4, 0, 7}.elements() == 0);
  CHECK(Shape{1, 1}.contiguous_strides() == Shape{1, 1});
}

TEST_CASE("shapes compare by rank and sizes") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK_FALSE(Shape{2, 3} == Shape{2, 3, 1});
  CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
  CHECK(Shape{8, 197, 768}.str() == "(8, 197, 768)");
}

TEST_CASE("a shape refuses a seventh dimension, negative sizes and overflow") {
  Shape shape{1, 2, 3, 4, 5, 6};
  CHECK_THROWS_AS(shape.push_back(7), ShapeError);
  CHECK_THROWS_AS((Shape{2, -1}), ShapeError);
  CHECK_THROWS_AS((Shape{1ll << 40, 1ll << 40}.elements()), ShapeError);
}
