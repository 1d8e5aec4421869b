// The layout of the joint pass: which text meets which image, what is kept, what is to be
// predicted.
#include "models/objectives/joint.h"

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;

using Ids = std::vector<int32_t>;

namespace {

Tensor indices(const Ids& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

}  // namespace

TEST_CASE("joint texts: order, images, kept rows and targets") {
  const PackedText text = pack({{2, 10, 3}, {2, 11, 12, 3}});
  const JointTexts joint =
      joint_texts(text, indices({1, 0}), indices({1, 0}), {.sep = 3, .dec = 4, .enc = 5});
  const MedPass& pass = joint.pass;
  CHECK(pass.ids.to_vector<int32_t>() == Ids{4, 10, 3,  4, 11, 12, 3,    // decoder
                                             5, 10, 3,  5, 11, 12, 3,    // right pairs
                                             5, 10, 3,  5, 11, 12, 3,    // other images
                                             5, 11, 12, 3, 5,  10, 3});  // other texts
  CHECK(pass.positions.to_vector<int32_t>() ==
        Ids{0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2});
  CHECK(pass.both.image_of.to_vector<int32_t>() == Ids{0, 1, 0, 1, 1, 0, 0, 1});
  CHECK(pass.decoder.image_of.to_vector<int32_t>() == Ids{0, 1});
  CHECK(pass.encoder.image_of.to_vector<int32_t>() == Ids{0, 1, 1, 0, 0, 1});
  CHECK(pass.encoder.rows == 21);
  CHECK(pass.decoder.rows == 7);
  CHECK(pass.encoder.texts.cu.to_vector<int32_t>() == Ids{0, 3, 7, 10, 14, 18, 21});
  CHECK(pass.decoder.texts.cu.to_vector<int32_t>() == Ids{0, 3, 7});
  CHECK(pass.both.texts.cu.to_vector<int32_t>() == Ids{0, 3, 7, 10, 14, 17, 21, 25, 28});
  CHECK(pass.encoder.kept.to_vector<int32_t>() == Ids{0, 3, 7, 10, 14, 18});
  CHECK(pass.decoder.kept.to_vector<int32_t>() == Ids{0, 1, 3, 4, 5});
  CHECK(pass.both.kept_texts.cu.to_vector<int32_t>() == Ids{0, 2, 5, 6, 7, 8, 9, 10, 11});
  CHECK(pass.decoder.kept_texts.cu.to_vector<int32_t>() == Ids{0, 2, 5});
  CHECK(pass.encoder.kept_texts.cu.to_vector<int32_t>() == Ids{0, 1, 2, 3, 4, 5, 6});
  CHECK(joint.match.to_vector<int32_t>() == Ids{1, 1, 0, 0, 0, 0});
  CHECK(joint.next_token.to_vector<int32_t>() == Ids{10, 3, 11, 12, 3});
}

TEST_CASE("joint texts refuse negatives that are not there") {
  const PackedText text = pack({{2, 10, 3}, {2, 11, 3}});
  CHECK_THROWS_AS(joint_texts(text, indices({1}), indices({1, 0}), {}), ValueError);
  CHECK_THROWS_AS(joint_texts(text, indices({1, 2}), indices({1, 0}), {}), ValueError);
  CHECK_THROWS_WITH(joint_texts(text, indices({1, 0}), indices({-1, 0}), {}),
                    Catch::Contains("negative_texts"));
}

TEST_CASE("packing refuses an empty caption") {
  CHECK_THROWS_WITH(pack({{2, 3}, {}}), Catch::Contains("caption 1 of 2"));
  const PackedText text = pack({{2, 8, 3}, {2, 3}});
  CHECK(text.lengths == Ids{3, 2});
  CHECK(text.positions.to_vector<int32_t>() == Ids{0, 1, 2, 0, 1});
}
