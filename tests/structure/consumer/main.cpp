// A program outside medley's tree: a call into the lowest layer and one into the tape.
#include <iostream>

#include "autograd/tape.h"
#include "core/tensor.h"

int main() {
  medley::Tensor t = medley::Tensor::zeros({2, 3});
  medley::autograd::make_leaf(t, medley::Tensor::zeros({2, 3}), "weight");
  std::cout << t.elements() << " elements, a leaf: " << medley::autograd::is_leaf(t) << "\n";
}
