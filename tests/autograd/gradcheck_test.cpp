// Every op against central differences in f64.
#include "autograd/gradcheck.h"

#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/drop_path.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/relu.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "kernels/cross_entropy.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using tests::ints;
using tests::random_tensor;
using Inputs = std::vector<Tensor>;

TEST_CASE("gradcheck: linear with every epilogue") {
  const Tensor x = random_tensor({5, 7}, 1), w = random_tensor({4, 7}, 2),
               b = random_tensor({4}, 3), r = random_tensor({5, 4}, 4);
  gradcheck([](const Inputs& in) { return linear(in[0], in[1], Tensor()); }, {x, w});
  gradcheck([](const Inputs& in) { return linear(in[0], in[1], in[2]); }, {x, w, b});
  gradcheck(
      [](const Inputs& in) {
        return linear(in[0], in[1], in[2], {.gelu = true, .residual = in[3]});
      },
      {x, w, b, r});
  gradcheck(
      [](const Inputs& in) { return linear(in[0], in[1], in[2], {.gelu = true, .residual = {}}); },
      {x.view({1, 5, 7}), w, b});
}

TEST_CASE("gradcheck: pointwise ops") {
  const Tensor x = random_tensor({3, 6}, 1), y = random_tensor({3, 6}, 2);
  gradcheck([](const Inputs& in) { return gelu(in[0]); }, {x});
  gradcheck([](const Inputs& in) { return relu(in[0]); }, {x});
  gradcheck([](const Inputs& in) { return add(in[0], in[1]); }, {x, y});
  gradcheck([](const Inputs& in) { return mean(in[0], in[1]); }, {x, y});
  gradcheck([](const Inputs& in) { return dropout(in[0], {.p = 0.3f, .seed = 5, .site = 2}); },
            {x});
  gradcheck([](const Inputs& in) { return normalize(in[0]); }, {x});
  gradcheck([](const Inputs& in) { return layernorm(in[0], in[1], in[2], 1e-5); },
            {x, random_tensor({6}, 3), random_tensor({6}, 4)});
}

TEST_CASE("gradcheck: a tensor that is used twice, and a residual chain") {
  const Tensor x = random_tensor({3, 4}, 1), w = random_tensor({4, 4}, 2),
               b = random_tensor({4}, 3);
  gradcheck([](const Inputs& in) { return add(in[0], in[0]); }, {x});
  gradcheck([](const Inputs& in) { return add(gelu(in[0]), add(in[0], gelu(in[0]))); }, {x});
  gradcheck(
      [](const Inputs& in) {
        Tensor h = in[0];
        for (int i = 0; i < 3; ++i)
          h = linear(gelu(h), in[1], in[2], {.gelu = false, .residual = h});
        return h;
      },
      {x, w, b});
}

TEST_CASE("gradcheck: stochastic depth") {
  const Tensor residual = random_tensor({6, 4}, 1), x = random_tensor({6, 4}, 2);
  for (const float p : {0.0f, 0.5f})
    gradcheck(
        [&](const Inputs& in) {
          const Tensor y = drop_path(in[0], in[1], 3, {.p = p, .seed = 5, .site = 2});
          return add(y, in[1]);
        },
        {residual, x});
}

TEST_CASE("gradcheck: rows") {
  const Tensor x = random_tensor({6, 3}, 1);
  gradcheck([](const Inputs& in) { return gather_rows(in[0], ints({4, 0, 4, 2})); }, {x});
  gradcheck(
      [](const Inputs& in) {
        const std::vector<Tensor> parts = split_rows(in[0], {2, 1, 3});
        return concat_rows({gelu(parts[2]), parts[0]});  // one run is not used
      },
      {x});
}

TEST_CASE("gradcheck: embeddings and patches") {
  gradcheck(
      [](const Inputs& in) {
        return embedding(ints({3, 1, 3}), ints({0, 1, 0}), in[0], in[1], in[0].dtype());
      },
      {random_tensor({5, 4}, 1), random_tensor({2, 4}, 2)});
  const Tensor images = random_tensor({2, 3, 4, 4}, 3);
  gradcheck([&](const Inputs& in) { return patch_embed(images, in[0], in[1], in[2], in[3]); },
            {random_tensor({5, 3, 2, 2}, 4), random_tensor({5}, 5), random_tensor({1, 1, 5}, 6),
             random_tensor({1, 5, 5}, 7)});
}

TEST_CASE("gradcheck: cross-entropy with smoothing and ignored targets") {
  const Tensor logits = random_tensor({4, 5}, 1);
  const Tensor weights = random_tensor({4}, 9);
  for (const double smoothing : {0.0, 0.1})
    for (const Tensor& targets :
         {ints({1, kernels::kIgnoredTarget, 4, 0}), ints(std::vector<int32_t>(4, 2))}) {
      gradcheck([&](const Inputs& in) { return cross_entropy(gelu(in[0]), targets, smoothing); },
                {logits});
      gradcheck([&](const Inputs& in) { return cross_entropy(in[0], targets, smoothing); },
                {logits});
      gradcheck([&](const Inputs& in) { return cross_entropy(in[0], targets, smoothing, weights); },
                {logits});
    }
}

TEST_CASE("gradcheck: image-text contrastive loss, queue, equal captions and temperature") {
  const auto unit = [](int64_t rows, uint32_t sample) {
    return normalize(random_tensor({rows, 4}, sample));
  };
  const Tensor temp = Tensor::from(std::vector<double>{0.3}, {1});
  const auto loss = [&](bool queued, bool captions, double alpha) {
    return [&, queued, captions, alpha](const Inputs& in) {
      ItcInputs itc_in;
      itc_in.image = in[0];
      itc_in.text = in[1];
      itc_in.temp = in.size() > 2 ? in[2] : temp;
      itc_in.image_momentum = unit(3, 21);
      itc_in.text_momentum = unit(3, 22);
      if (queued) {
        itc_in.image_queue = unit(5, 23);
        itc_in.text_queue = unit(5, 24);
      }
      if (captions) {
        itc_in.caption = Tensor::from(std::vector<int64_t>{7, 8, 7}, {3});
        if (queued) itc_in.queue_caption = Tensor::from(std::vector<int64_t>{-1, 8, 7, 9, -1}, {5});
      }
      itc_in.alpha = &alpha;
      return itc(itc_in).loss;
    };
  };
  for (const bool queued : {false, true})
    for (const bool captions : {false, true}) {
      gradcheck(loss(queued, captions, 0), {unit(3, 25), unit(3, 26), temp});
      // Soft targets depend on the temperature and are taken as constants: no check through it.
      gradcheck(loss(queued, captions, 0.4), {unit(3, 25), unit(3, 26)});
    }
}

TEST_CASE("gradcheck refuses a wrong gradient and f32") {
  const Tensor x = random_tensor({2, 2}, 1);
  const auto twice_forward = [](const Inputs& in) {
    return Tape::current() ? add(in[0], in[0]) : add(in[0], add(in[0], in[0]));
  };
  CHECK_THROWS_AS(gradcheck(twice_forward, {x}), AutogradError);
  CHECK_THROWS_AS(gradcheck([](const Inputs& in) { return gelu(in[0]); }, {x.to(DType::f32)}),
                  AutogradError);
}

}  // namespace
}  // namespace medley::autograd
