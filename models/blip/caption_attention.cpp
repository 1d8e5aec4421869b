// Where each word of a caption looks. Attention kernels keep no probabilities: here they are
// computed once more, in plain loops, for a picture or two.
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "models/blip/blip.h"

namespace medley::models {
namespace {

// Adds weight * softmax(q k^T / sqrt(D)), summed over heads, to `mean`.
// q [T, C], kv [N, 2 C], mean [T, N]
void add_probabilities(const Tensor& q, const Tensor& kv, int64_t heads, double weight,
                       std::vector<double>& mean) {
  const int64_t T = q.size(0), C = q.size(1), N = kv.size(0), D = C / heads;
  const std::vector<double> query = q.to(DType::f64).to_vector<double>();
  const std::vector<double> key = kv.to(DType::f64).to_vector<double>();
  std::vector<double> row(static_cast<size_t>(N));
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t n = 0; n < N; ++n) {
        const double* a = query.data() + t * C + h * D;
        const double* b = key.data() + n * 2 * C + h * D;
        double dot = 0;
        for (int64_t d = 0; d < D; ++d) dot += a[d] * b[d];
        row[static_cast<size_t>(n)] = dot / std::sqrt(static_cast<double>(D));
      }
      const double most = *std::max_element(row.begin(), row.end());
      double sum = 0;
      for (double& r : row) sum += r = std::exp(r - most);
      for (int64_t n = 0; n < N; ++n)
        mean[static_cast<size_t>(t * N + n)] += weight * row[static_cast<size_t>(n)] / sum;
    }
  }
}

}  // namespace

Tensor Blip::caption_attention(const Tensor& image_tokens,
                               const std::vector<int32_t>& caption) const {
  const autograd::NoGrad no_grad;
  const Scope scope("blip");
  if (caption.empty() || image_tokens.size(0) != 1)
    throw ValueError(str("[caption_attention] takes one image and one caption with a word: got ",
                         image_tokens.size(0), " images and ", caption.size(), " tokens"));
  std::vector<int32_t> read(caption.begin(), caption.end() - 1);
  read.insert(read.begin(), tokens_.dec);
  const PackedText text = pack({read}, device_);
  const TextTower& decoder = towers_.text.decoder();
  const Tensor rows = image_rows(image_tokens);
  const autograd::Sequences image = autograd::uniform_sequences(1, rows.size(0), device_);

  const int64_t N = rows.size(0), T = text.ids.size(0);
  std::vector<double> mean(static_cast<size_t>(T * N));
  const double weight = 1 / static_cast<double>(model_.text_depth * model_.text_heads);
  Tensor x = decoder.embed(text.ids, text.positions);
  for (const TextLayer& layer : decoder.layers) {
    x = layer.self.finish(layer.self.context(x, text.sequences, true, {}), x, {});
    const Tensor kv = layer.cross.kv(rows);
    add_probabilities(layer.cross.query(x), kv, layer.cross.heads, weight, mean);
    x = layer.feed_forward(layer.cross(x, kv, text.sequences, image, {}, {}, {}));
  }
  return Tensor::from(mean, {T, N}).to(rows.dtype());
}

}  // namespace medley::models
