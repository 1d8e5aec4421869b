// Patch embedding on CUDA, f32 and bf16, against the convolution in f64.
#include "kernels/patch_embed.h"

#include "core/error.h"
#include "kernels/reference/patch_embed.h"
#include "tests/cuda/support.h"
#include "tests/cuda/tolerance.h"
#include "tests/ops/cases/patch_embed_cases.h"

namespace medley::tests {
namespace {

using kernels::Wide;

template <class T>
struct Problem {
  cases::PatchEmbedCase c;
  int64_t patches, pixels;
  std::vector<Wide<T>> images, bias, cls, pos, dweight, dbias, dcls, dpos;
  std::vector<T> weight, dtokens;

  explicit Problem(const cases::PatchEmbedCase& of)
      : c(of),
        patches((c.side / c.patch) * (c.side / c.patch)),
        pixels(3 * c.patch * c.patch),
        images(rounded<Wide<T>>(c.batch * 3 * c.side * c.side, 1)),
        bias(rounded<Wide<T>>(c.width, 3)),
        cls(rounded<Wide<T>>(c.width, 4)),
        pos(rounded<Wide<T>>((1 + patches) * c.width, 5)),
        dweight(rounded<Wide<T>>(c.width * pixels, 7)),
        dbias(rounded<Wide<T>>(c.width, 8)),
        dcls(rounded<Wide<T>>(c.width, 9)),
        dpos(rounded<Wide<T>>((1 + patches) * c.width, 10)),
        weight(rounded<T>(c.width * pixels, 2)),
        dtokens(rounded<T>(c.batch * (1 + patches) * c.width, 6)) {}

  Outputs on_device() const {
    const DeviceBuffer<Wide<T>> images_in(images), bias_in(bias), cls_in(cls), pos_in(pos);
    const DeviceBuffer<T> weight_in(weight), dtokens_in(dtokens);
    return for_each_schedule([&] {
      DeviceBuffer<T> unfolded(c.batch * patches * pixels),
          tokens(c.batch * (1 + patches) * c.width);
      kernels::cuda::patch_embed_forward(kernels::PatchEmbedForward<T>{.batch = c.batch,
                                                                       .side = c.side,
                                                                       .patch = c.patch,
                                                                       .width = c.width,
                                                                       .images = images_in.data(),
                                                                       .weight = weight_in.data(),
                                                                       .bias = bias_in.data(),
                                                                       .cls = cls_in.data(),
                                                                       .pos = pos_in.data(),
                                                                       .unfolded = unfolded.data(),
                                                                       .tokens = tokens.data()},
                                         stream());
      DeviceBuffer<Wide<T>> dweight_out(dweight), dbias_out(dbias), dcls_out(dcls), dpos_out(dpos);
      kernels::cuda::patch_embed_backward(
          kernels::PatchEmbedBackward<T>{.batch = c.batch,
                                         .side = c.side,
                                         .patch = c.patch,
                                         .width = c.width,
                                         .dtokens = dtokens_in.data(),
                                         .unfolded = unfolded.data(),
                                         .dweight = dweight_out.data(),
                                         .dbias = dbias_out.data(),
                                         .dcls = dcls_out.data(),
                                         .dpos = dpos_out.data()},
          stream());
      return Outputs{unfolded.values(),  tokens.values(),   dweight_out.values(),
                     dbias_out.values(), dcls_out.values(), dpos_out.values()};
    });
  }

  // In V. With Store, tokens and patches are rounded to it, as they are kept.
  template <class V, class Store>
  Outputs on_host() const {
    const auto in = [](const auto& x) { return converted<V>(x); };
    const auto images_in = in(images), bias_in = in(bias), cls_in = in(cls), pos_in = in(pos),
               weight_in = in(weight), dtokens_in = in(dtokens);
    std::vector<V> unfolded(static_cast<size_t>(c.batch * patches * pixels)),
        tokens(dtokens_in.size());
    kernels::reference::patch_embed_forward(
        kernels::PatchEmbedForward<V>{.batch = c.batch,
                                      .side = c.side,
                                      .patch = c.patch,
                                      .width = c.width,
                                      .images = images_in.data(),
                                      .weight = weight_in.data(),
                                      .bias = bias_in.data(),
                                      .cls = cls_in.data(),
                                      .pos = pos_in.data(),
                                      .unfolded = unfolded.data(),
                                      .tokens = tokens.data()});
    unfolded = converted<V>(converted<Store>(unfolded));
    tokens = converted<V>(converted<Store>(tokens));
    auto dweight_out = in(dweight), dbias_out = in(dbias), dcls_out = in(dcls), dpos_out = in(dpos);
    kernels::reference::patch_embed_backward(
        kernels::PatchEmbedBackward<V>{.batch = c.batch,
                                       .side = c.side,
                                       .patch = c.patch,
                                       .width = c.width,
                                       .dtokens = dtokens_in.data(),
                                       .unfolded = unfolded.data(),
                                       .dweight = dweight_out.data(),
                                       .dbias = dbias_out.data(),
                                       .dcls = dcls_out.data(),
                                       .dpos = dpos_out.data()});
    Outputs all;
    for (const auto* x : {&unfolded, &tokens, &dweight_out, &dbias_out, &dcls_out, &dpos_out})
      all.push_back(converted<double>(*x));
    return all;
  }
};

template <class T>
void check(const cases::PatchEmbedCase& c) {
  CAPTURE(c.batch, c.side, c.patch, c.width);
  const Problem<T> problem(c);
  check_against<float>(problem.on_device(), problem.template on_host<float, T>(),
                       problem.template on_host<double, double>(), 3);
}

TEST_CASE("patch_embed on CUDA", "[patch_embed]") {
  if (no_device()) return;
  for (const cases::PatchEmbedCase& c : cases::patch_embed_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
  check<bf16>({0, 4, 2, 5});
}

TEST_CASE("patch_embed: a side that is no multiple of the patch", "[patch_embed]") {
  if (no_device()) return;
  CHECK_THROWS_WITH(
      kernels::cuda::patch_embed_forward(
          kernels::PatchEmbedForward<float>{.batch = 1, .side = 7, .patch = 2, .width = 3},
          stream()),
      Catch::Contains("side 7, patch 2"));
}

}  // namespace
}  // namespace medley::tests
