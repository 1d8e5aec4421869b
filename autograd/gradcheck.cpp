#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

namespace medley::autograd {
namespace {

// sum of fn's output times fixed random weights: every element of the output counts, none cancels
// by symmetry.
Tensor contraction_weights(const Tensor& y) {
  Random random(7, Purpose::test);
  const Tensor w = Tensor::empty(y.shape(), DType::f64);
  double* p = w.data<double>();
  for (int64_t i = 0; i < w.elements(); ++i) p[i] = random.uniform(-1, 1);
  return w;
}

double contract(const Tensor& y, const Tensor& w) {
  double sum = 0;
  for (int64_t i = 0; i < y.elements(); ++i) sum += y.data<double>()[i] * w.data<double>()[i];
  return sum;
}

}  // namespace

void gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& fn,
               const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<Tensor> leaves, gradients;
  for (const Tensor& t : inputs) {
    if (t.dtype() != DType::f64)
      throw AutogradError(str("[gradcheck] input ", t.str(), " is not f64"));
    Tensor leaf = t.clone();
    gradients.push_back(Tensor::zeros(t.shape(), DType::f64));
    make_leaf(leaf, gradients.back());
    leaves.push_back(leaf);
  }
  Tensor weights;
  {
    Tape tape;
    const Tensor y = tape.record([&] { return fn(leaves); });
    weights = contraction_weights(y);
    tape.backward({y}, {weights});
  }
  for (size_t i = 0; i < leaves.size(); ++i) {
    double* x = leaves[i].data<double>();
    const double* analytic = gradients[i].data<double>();
    const int64_t n = leaves[i].elements(), most = options.max_elements;
    const int64_t stride = std::max<int64_t>(1, (n + most - 1) / most);
    for (int64_t j = 0; j < n; j += stride) {
      const double at = x[j];
      x[j] = at + options.eps;
      const double above = contract(fn(leaves), weights);
      x[j] = at - options.eps;
      const double below = contract(fn(leaves), weights);
      x[j] = at;
      const double numeric = (above - below) / (2 * options.eps);
      if (!(std::abs(analytic[j] - numeric) <= options.atol + options.rtol * std::abs(numeric)))
        throw AutogradError(str("[gradcheck] input ", i, " of shape ", leaves[i].shape(),
                                ", element ", j, ": backward gives ", analytic[j],
                                ", differences give ", numeric));
    }
  }
}

}  // namespace medley::autograd
