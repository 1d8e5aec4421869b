// Matching texts with videos: a text attends over the tokens of all frames.
#include "autograd/tape.h"
#include "core/error.h"
#include "models/blip/blip.h"
#include "tests/catch.h"
#include "tests/models/support.h"

namespace medley::models::test {
namespace {

struct Setup {
  ModelConfig config = preset("tiny").model;
  Blip blip{config, {}, DType::f64, Device{}, 3};
  Batch batch = random_batch(config, 3, 5);
  Tensor tokens = blip.encode_image(batch.images);  // [3, N, C]
  PackedText text = pack({{2, 7, 8, 3}});

  Setup() { stir(blip.weights(), 9); }
  // These pictures as the frames of one video.
  Tensor video(const std::vector<int64_t>& frames) const {
    const int64_t N = tokens.size(1), C = tokens.size(2);
    const auto count = static_cast<int64_t>(frames.size());
    const Tensor all = Tensor::empty({1, count * N, C}, DType::f64);
    for (int64_t f = 0; f < count; ++f)
      all.slice(1, f * N, (f + 1) * N)
          .copy_from(
              tokens.slice(0, frames[static_cast<size_t>(f)], frames[static_cast<size_t>(f)] + 1));
    return all;
  }
  std::vector<double> match(const std::vector<int64_t>& frames) const {
    return values(blip.match(video(frames), text, indices({0})));
  }
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  return std::max(std::abs(a[0] - b[0]), std::abs(a[1] - b[1]));
}

TEST_CASE("video: frames that are all alike are one picture, and their order says nothing") {
  const autograd::NoGrad no_grad;
  const Setup s;
  CHECK(distance(s.match({1, 1, 1, 1}), s.match({1})) < 1e-12);
  CHECK(distance(s.match({0, 1, 2}), s.match({2, 0, 1})) < 1e-12);
  CHECK(distance(s.match({0, 1, 2}), s.match({0})) > 1e-6);
}

TEST_CASE("video: only matching takes one, and only of whole frames") {
  const autograd::NoGrad no_grad;
  const Setup s;
  const Tensor video = s.video({0, 1});
  CHECK_THROWS_AS(s.blip.image_features(video), ShapeError);
  CHECK_THROWS_AS(
      s.blip.match(video.slice(1, 0, video.size(1) - 1).contiguous(), s.text, indices({0})),
      ShapeError);
}

}  // namespace
}  // namespace medley::models::test
