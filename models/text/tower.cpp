// Parts of a tower that are row by row.
#include "models/text/tower.h"

#include "autograd/ops/dropout.h"
#include "core/scope.h"

namespace medley::models {

Tensor TextLayer::feed_forward(const Tensor& x, const kernels::DropoutKey& key) const {
  return norm(ffn(x, x, key));
}

Tensor TextTower::embed(const Tensor& ids, const Tensor& positions,
                        const kernels::DropoutKey& key) const {
  const Scope scope("embeddings");
  return autograd::dropout(norm(embedding(ids, positions)), key);
}

}  // namespace medley::models
