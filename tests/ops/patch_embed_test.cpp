// Patch embedding against the convolution in f64.
#include "kernels/patch_embed.h"

#include "kernels/reference/patch_embed.h"
#include "tests/ops/cases/patch_embed_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs run(const cases::PatchEmbedCase& c, void (*forward)(const kernels::PatchEmbedForward<T>&),
            void (*backward)(const kernels::PatchEmbedBackward<T>&)) {
  const int64_t patches = (c.side / c.patch) * (c.side / c.patch), pixels = 3 * c.patch * c.patch;
  const auto images = numbers<T>(c.batch * 3 * c.side * c.side, 1),
             weight = numbers<T>(c.width * pixels, 2);
  const auto bias = numbers<T>(c.width, 3), cls = numbers<T>(c.width, 4),
             pos = numbers<T>((1 + patches) * c.width, 5);
  const auto dtokens = numbers<T>(c.batch * (1 + patches) * c.width, 6);
  Output<T> unfolded(c.batch * patches * pixels), tokens(c.batch * (1 + patches) * c.width);
  forward({.batch = c.batch,
           .side = c.side,
           .patch = c.patch,
           .width = c.width,
           .images = images.data(),
           .weight = weight.data(),
           .bias = bias.data(),
           .cls = cls.data(),
           .pos = pos.data(),
           .unfolded = unfolded.data(),
           .tokens = tokens.data()});
  Output<T> dweight(numbers<T>(c.width * pixels, 7)), dbias(numbers<T>(c.width, 8)),
      dcls(numbers<T>(c.width, 9)), dpos(numbers<T>((1 + patches) * c.width, 10));
  backward({.batch = c.batch,
            .side = c.side,
            .patch = c.patch,
            .width = c.width,
            .dtokens = dtokens.data(),
            .unfolded = unfolded.data(),
            .dweight = dweight.data(),
            .dbias = dbias.data(),
            .dcls = dcls.data(),
            .dpos = dpos.data()});
  Outputs all;
  for (const Output<T>* out : {&unfolded, &tokens, &dweight, &dbias, &dcls, &dpos})
    out->collect(all);
  return all;
}

TEST_CASE("patch_embed", "[patch_embed]") {
  for (const cases::PatchEmbedCase& c : cases::patch_embed_cases()) {
    CAPTURE(c.batch, c.side, c.patch, c.width);
    check_kernel(
        [&] {
          return run<float>(c, kernels::cpu::patch_embed_forward,
                            kernels::cpu::patch_embed_backward);
        },
        [&] {
          return run<float>(c, kernels::reference::patch_embed_forward<float>,
                            kernels::reference::patch_embed_backward<float>);
        },
        [&] {
          return run<double>(c, kernels::cpu::patch_embed_forward,
                             kernels::cpu::patch_embed_backward);
        },
        3);
  }
}

}  // namespace
}  // namespace medley::tests
