// One layer of encoder and decoder over the rows of a pass. The two kinds of rows go through what
// is not shared one after the other, and through what is shared together.
#include "autograd/ops/rows.h"
#include "core/scope.h"
#include "models/text/med.h"

namespace medley::models {
namespace {

using Site = DropoutSites::Site;

struct Sites {
  Site self_probabilities, self_output, cross_probabilities, cross_output, hidden;
};
constexpr Sites kEncoder{Site::encoder_probabilities, Site::encoder_output,
                         Site::cross_probabilities, Site::cross_output, Site::hidden};
constexpr Sites kDecoder{Site::decoder_probabilities, Site::decoder_output,
                         Site::cross_probabilities, Site::cross_output, Site::hidden};
constexpr Sites kDecoderBesideEncoder{Site::decoder_probabilities, Site::decoder_output,
                                      Site::decoder_cross_probabilities, Site::decoder_cross_output,
                                      Site::decoder_hidden};

// Rows that go through the same weights next: the decoder's, the encoder's, or those of both.
struct Block {
  const TextTower* tower;
  const TextGroup* group;
  const Sites* sites;
  Tensor x;
};

// Keys and values need every row. What follows is row by row, so that the last layer computes only
// the rows that the pass keeps.
Tensor attend(const SelfAttention& attention, const Tensor& x, const TextGroup& group, bool causal,
              bool last, const kernels::DropoutKey& probabilities,
              const kernels::DropoutKey& output) {
  const Tensor context = attention.context(x, group.texts, causal, probabilities);
  if (!last || !group.kept.defined()) return attention.finish(context, x, output);
  return attention.finish(autograd::gather_rows(context, group.kept),
                          autograd::gather_rows(x, group.kept), output);
}

}  // namespace

Tensor Med::forward_layer(const Tensor& x, const Tensor& image, const MedPass& pass, size_t index,
                          bool last) const {
  std::vector<Block> blocks;
  if (pass.encoder.rows == 0) {
    blocks = {{&decoder_, &pass.decoder, &kDecoder, x}};
  } else if (pass.decoder.rows == 0) {
    blocks = {{&encoder_, &pass.encoder, &kEncoder, x}};
  } else {
    const auto rows = autograd::split_rows(x, {pass.decoder.rows, pass.encoder.rows});
    blocks = {{&decoder_, &pass.decoder, &kDecoderBesideEncoder, rows[0]},
              {&encoder_, &pass.encoder, &kEncoder, rows[1]}};
  }
  const auto put_together = [&] {
    if (blocks.size() == 2)
      blocks = {
          {&encoder_, &pass.both, &kEncoder, autograd::concat_rows({blocks[0].x, blocks[1].x})}};
  };
  const auto each = [&](const char* part, auto run) {
    for (Block& block : blocks) {
      const Scope tower(block.tower->name), layer("layer", static_cast<int64_t>(index));
      const Scope scope(part);
      block.x = run(block, block.tower->layers[index]);
    }
  };
  const auto dropout = [&](Site site) { return pass.dropout.at(index + 1, site); };

  each("attention", [&](const Block& block, const TextLayer& layer) {
    return attend(layer.self, block.x, *block.group, block.group == &pass.decoder, last,
                  dropout(block.sites->self_probabilities), dropout(block.sites->self_output));
  });
  if (config_.shares_cross_attention()) put_together();
  if (image.defined())
    each("crossattention", [&](const Block& block, const TextLayer& layer) {
      const TextGroup& group = *block.group;
      return layer.cross(block.x, layer.cross.kv(image), last ? group.kept_texts : group.texts,
                         pass.images, group.image_of, dropout(block.sites->cross_probabilities),
                         dropout(block.sites->cross_output));
    });
  if (config_.shares_the_rest()) put_together();
  each("ffn", [&](const Block& block, const TextLayer& layer) {
    return layer.feed_forward(block.x, dropout(block.sites->hidden));
  });
  put_together();
  return blocks[0].x;
}

}  // namespace medley::models
