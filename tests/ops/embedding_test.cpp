// Token plus position embedding: exact forward, deterministic backward.
#include "kernels/embedding.h"

#include "kernels/reference/embedding.h"
#include "tests/ops/cases/embedding_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

constexpr int64_t kWords = 11, kPositions = 7;

template <class T>
Outputs run(const cases::EmbeddingCase& c, void (*forward)(const kernels::EmbeddingForward<T>&),
            void (*backward)(const kernels::EmbeddingBackward<T>&)) {
  std::vector<int32_t> ids, positions;
  for (int64_t t = 0; t < c.tokens; ++t) {
    ids.push_back(static_cast<int32_t>(t * t % kWords));
    positions.push_back(static_cast<int32_t>(t % kPositions));
  }
  const auto word = numbers<T>(kWords * c.n, 1), position = numbers<T>(kPositions * c.n, 2),
             dy = numbers<T>(c.tokens * c.n, 3);
  Output<T> y(c.tokens * c.n), dword(numbers<T>(kWords * c.n, 4)),
      dposition(numbers<T>(kPositions * c.n, 5));
  forward({.tokens = c.tokens,
           .n = c.n,
           .ids = ids.data(),
           .positions = positions.data(),
           .word = word.data(),
           .position = position.data(),
           .y = y.data()});
  backward({.tokens = c.tokens,
            .n = c.n,
            .ids = ids.data(),
            .positions = positions.data(),
            .dy = dy.data(),
            .dword = dword.data(),
            .dposition = dposition.data()});
  Outputs all;
  y.collect(all);
  dword.collect(all);
  dposition.collect(all);
  return all;
}

TEST_CASE("embedding", "[embedding]") {
  for (const cases::EmbeddingCase& c : cases::embedding_cases()) {
    CAPTURE(c.tokens, c.n);
    check_kernel(
        [&] {
          return run<float>(c, kernels::cpu::embedding_forward, kernels::cpu::embedding_backward);
        },
        [&] {
          return run<float>(c, kernels::reference::embedding_forward<float>,
                            kernels::reference::embedding_backward<float>);
        },
        [&] {
          return run<double>(c, kernels::cpu::embedding_forward, kernels::cpu::embedding_backward);
        },
        2);
  }
}

}  // namespace
}  // namespace medley::tests
