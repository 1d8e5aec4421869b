#include "autograd/ops/patch_embed.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/flops.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/patch_embed.h"

namespace medley::autograd {
namespace {

struct Sizes {
  int64_t batch = 0, side = 0, patch = 0, width = 0;
  int64_t patches() const { return (side / patch) * (side / patch); }
  int64_t pixels() const { return 3 * patch * patch; }
  int64_t flops() const { return 2 * batch * patches() * pixels() * width; }
};

struct PatchEmbedNode final : Node {
  Saved unfolded{"unfolded"};
  Sizes sizes;

  const char* name() const override { return "patch_embed"; }
  std::vector<Saved*> saved() override { return {&unfolded}; }

  void backward(Gradients& g) override {
    const Tensor dtokens = g.out(0);
    const Tensor dweight = g.sum(0), dbias = g.sum(1), dcls = g.sum(2), dpos = g.sum(3);
    count_flops(sizes.flops());
    with_float("patch_embed", dtokens.dtype(), [&](auto zero) {
      using T = decltype(zero);
      using W = kernels::Wide<T>;
      MEDLEY_KERNEL(patch_embed_backward, dtokens.device(),
                    kernels::PatchEmbedBackward<T>{.batch = sizes.batch,
                                                   .side = sizes.side,
                                                   .patch = sizes.patch,
                                                   .width = sizes.width,
                                                   .dtokens = dtokens.data<T>(),
                                                   .unfolded = unfolded.get().template data<T>(),
                                                   .dweight = dweight.data<W>(),
                                                   .dbias = dbias.data<W>(),
                                                   .dcls = dcls.data<W>(),
                                                   .dpos = dpos.data<W>()});
    });
  }
};

Sizes check(const Tensor& images, const Tensor& weight, const Tensor& bias, const Tensor& cls,
            const Tensor& pos) {
  check_matrix("patch_embed", "images", images, 4);
  check_matrix("patch_embed", "weight", weight, 4);
  const Sizes s{images.size(0), images.size(2), weight.size(2), weight.size(0)};
  check_shape("patch_embed", "images", images, {s.batch, 3, s.side, s.side});
  check_shape("patch_embed", "weight", weight, {s.width, 3, s.patch, s.patch});
  check_wide_operand("patch_embed", weight, "images", images, images.shape());
  check_wide_operand("patch_embed", weight, "bias", bias, {s.width});
  check_wide_operand("patch_embed", weight, "cls", cls, cls.shape());
  check_wide_operand("patch_embed", weight, "pos", pos, pos.shape());
  if (s.patch < 1 || s.side % s.patch != 0)
    throw ShapeError(str("[patch_embed] images are ", s.side,
                         " pixels a side, not a multiple of the patch ", s.patch),
                     "choose image_size as a multiple of patch_size");
  if (cls.elements() != s.width)
    throw ShapeError(
        str("[patch_embed] cls has shape ", cls.shape(), ", expected ", s.width, " elements"));
  if (pos.elements() != (1 + s.patches()) * s.width)
    throw ShapeError(str("[patch_embed] pos has shape ", pos.shape(), " but images of ", s.side,
                         " pixels have ", 1 + s.patches(), " tokens of ", s.width),
                     "the picture size must be the one that the model was made for");
  return s;
}

}  // namespace

Tensor patch_embed(const Tensor& images, const Tensor& weight, const Tensor& bias,
                   const Tensor& cls, const Tensor& pos, Tensor* patches) {
  const Sizes s = check(images, weight, bias, cls, pos);
  check_constant("patch_embed", "images", images);
  const Shape unfolded_shape{s.batch * s.patches(), s.pixels()};
  const bool given = patches && patches->defined();
  if (given) check_operand("patch_embed", weight, "patches", *patches, unfolded_shape);
  const Tensor unfolded =
      given ? *patches : Tensor::empty(unfolded_shape, weight.dtype(), images.device());
  if (patches) *patches = unfolded;
  Tensor tokens =
      Tensor::empty({s.batch, 1 + s.patches(), s.width}, weight.dtype(), images.device());
  count_flops(s.flops());
  with_float("patch_embed", weight.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using W = kernels::Wide<T>;
    MEDLEY_KERNEL(patch_embed_forward, images.device(),
                  kernels::PatchEmbedForward<T>{.batch = s.batch,
                                                .side = s.side,
                                                .patch = s.patch,
                                                .width = s.width,
                                                .images = given ? nullptr : images.data<W>(),
                                                .weight = weight.data<T>(),
                                                .bias = bias.data<W>(),
                                                .cls = cls.data<W>(),
                                                .pos = pos.data<W>(),
                                                .unfolded = unfolded.data<T>(),
                                                .tokens = tokens.data<T>()});
  });
  if (Tape* tape = recording({weight, bias, cls, pos})) {
    auto node = std::make_unique<PatchEmbedNode>();
    node->unfolded = unfolded;
    node->sizes = s;
    tape->record(std::move(node), {weight, bias, cls, pos}, {&tokens});
  }
  return tokens;
}

}  // namespace medley::autograd
