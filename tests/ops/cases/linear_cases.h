// Matrix products that are tested and measured: C[m, n] = A[m, k] B[k, n].
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct LinearCase {
  int64_t m = 0, n = 0, k = 0;
  int64_t flops() const { return 2 * m * n * k; }
};

// Edges of tiles, chunks of k, a B that is packed in two parts, and nothing at all.
inline std::vector<LinearCase> linear_cases() {
  return {{0, 3, 2},    {3, 0, 2},    {2, 3, 0},     {1, 1, 1},      {5, 3, 17},    {12, 32, 8},
          {13, 33, 9},  {37, 96, 5},  {97, 17, 96},  {1, 384, 96},   {7, 400, 31},  {100, 64, 97},
          {3, 5, 1025}, {96, 96, 37}, {40, 197, 64}, {29, 47, 2100}, {2, 64, 17000}};
}

// Layers of the width-96 model with all pictures' or all texts' rows and the gradients of their
// weights (tn), then those of ViT-B.
inline std::vector<LinearCase> linear_bench_cases() {
  return {{2368, 288, 96},   {2368, 96, 96},    {2368, 384, 96},   {2368, 96, 384},
          {2368, 192, 96},   {450, 288, 96},    {450, 400, 96},    {288, 96, 2368},
          {96, 384, 2368},   {384, 96, 2368},   {197, 768, 768},   {577, 768, 768},
          {1576, 2304, 768}, {1576, 768, 3072}, {768, 3072, 1576}, {1024, 1024, 1024}};
}

}  // namespace medley::cases
