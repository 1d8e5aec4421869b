// Forward pass of one text layer.
#include "models/text/layer.h"

#include "autograd/ops/rows.h"
#include "core/scope.h"

namespace medley::models {
namespace {

using Site = DropoutSites::Site;

// One group through its self-attention. Keys and values need every row, but what follows is row by
// row: in the last layer it runs on the wanted rows alone.
Tensor attend_group(const SelfAttention& attention, const Tensor& x, const TextGroup& group,
                    bool causal, bool last, const kernels::DropoutKey& probabilities,
                    const kernels::DropoutKey& output) {
  const Tensor context = attention.context(x, group.texts, causal, probabilities);
  if (!last || !group.kept.defined()) return attention.finish(context, x, output);
  return attention.finish(autograd::gather_rows(context, group.kept),
                          autograd::gather_rows(x, group.kept), output);
}

}  // namespace

Tensor MedLayer::attend(const Tensor& x, const MedPass& pass, size_t index, bool last,
                        const MedNames& names) const {
  const bool both = pass.encoder.rows > 0 && pass.decoder.rows > 0;
  const std::vector<Tensor> parts =
      both ? autograd::split_rows(x, {pass.decoder.rows, pass.encoder.rows})
           : std::vector<Tensor>{x, x};
  std::vector<Tensor> attended;
  if (pass.decoder.rows > 0) {
    const Scope tower(names.decoder), layer("layer", static_cast<int64_t>(index));
    const Scope scope("attention");
    attended.push_back(attend_group(decoder, parts[0], pass.decoder, true, last,
                                    pass.dropout.at(index + 1, Site::decoder_probabilities),
                                    pass.dropout.at(index + 1, Site::decoder_output)));
  }
  if (pass.encoder.rows > 0) {
    const Scope tower(names.encoder), layer("layer", static_cast<int64_t>(index));
    const Scope scope("attention");
    attended.push_back(attend_group(encoder, parts[1], pass.encoder, false, last,
                                    pass.dropout.at(index + 1, Site::encoder_probabilities),
                                    pass.dropout.at(index + 1, Site::encoder_output)));
  }
  return both ? autograd::concat_rows(attended) : attended[0];
}

Tensor MedLayer::forward(const Tensor& x, const Tensor& image, const MedPass& pass, size_t index,
                         bool last, const MedNames& names) const {
  Tensor y = attend(x, pass, index, last, names);
  // Encoder and decoder share the rest: it has the encoder's name unless the decoder runs alone.
  const Scope tower(pass.encoder.rows > 0 ? names.encoder : names.decoder);
  const Scope layer("layer", static_cast<int64_t>(index));
  if (image.defined()) {
    const Scope scope("crossattention");
    y = cross(y, cross.kv(image), last ? pass.last_queries : pass.queries, pass.images,
              pass.image_of, pass.dropout.at(index + 1, Site::cross_probabilities),
              pass.dropout.at(index + 1, Site::cross_output));
  }
  const Scope scope("ffn");
  return feed_forward(y, pass.dropout.at(index + 1, Site::hidden));
}

Tensor MedLayer::feed_forward(const Tensor& x, const kernels::DropoutKey& key) const {
  return norm(ffn(x, x, key));
}

}  // namespace medley::models
