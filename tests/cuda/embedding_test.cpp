// Token plus position embedding on CUDA: tables in f32, their gradients in the order of the tokens,
// and ids that are out of range.
#include "kernels/embedding.h"

#include "kernels/reference/embedding.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/embedding_cases.h"

namespace medley::tests {
namespace {

using kernels::EmbeddingBackward;
using kernels::EmbeddingForward;
using kernels::Wide;

constexpr int64_t kWords = 11, kPlaces = 7;

template <class T>
void check(const cases::EmbeddingCase& c) {
  CAPTURE(c.tokens, c.n);
  std::vector<int32_t> token_ids, token_positions;
  for (int64_t t = 0; t < c.tokens; ++t) {
    token_ids.push_back(static_cast<int32_t>(t * t % kWords));
    token_positions.push_back(static_cast<int32_t>(t % kPlaces));
  }
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const auto table = [&](int64_t rows, uint32_t sample) {
          return rounded<Wide<Kept>>(rows * c.n, sample);
        };
        const typename Side::template Ints<int32_t> ids(token_ids), positions(token_positions);
        const typename Side::WideBuffer word(table(kWords, 1)), position(table(kPlaces, 2));
        const typename Side::Buffer dy(rounded<Kept>(c.tokens * c.n, 3));
        typename Side::Buffer y(c.tokens * c.n);
        typename Side::WideBuffer dword(table(kWords, 4)), dposition(table(kPlaces, 5));
        MEDLEY_RUN(embedding_forward, EmbeddingForward<Type>{.tokens = c.tokens,
                                                             .n = c.n,
                                                             .words = kWords,
                                                             .places = kPlaces,
                                                             .ids = ids.data(),
                                                             .positions = positions.data(),
                                                             .word = word.data(),
                                                             .position = position.data(),
                                                             .y = y.data()});
        MEDLEY_RUN(embedding_backward, EmbeddingBackward<Type>{.tokens = c.tokens,
                                                               .n = c.n,
                                                               .words = kWords,
                                                               .places = kPlaces,
                                                               .ids = ids.data(),
                                                               .positions = positions.data(),
                                                               .dy = dy.data(),
                                                               .dword = dword.data(),
                                                               .dposition = dposition.data()});
        return Outputs{y.values(), dword.values(), dposition.values()};
      },
      2);
}

TEST_CASE("embedding on CUDA", "[embedding]") {
  if (no_device()) return;
  for (const cases::EmbeddingCase& c : cases::embedding_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

TEST_CASE("embedding on CUDA: ids and positions out of range", "[embedding]") {
  if (no_device()) return;
  const DeviceBuffer<float> table(std::vector<float>{1, 2, 3}), dy(std::vector<float>{4, 5, 6});
  const DeviceBuffer<int32_t> good(std::vector<int32_t>{2, 0, 1}),
      bad(std::vector<int32_t>{0, 3, 1});
  for (const bool bad_ids : {true, false}) {
    const auto& ids = bad_ids ? bad : good;
    const auto& positions = bad_ids ? good : bad;
    const std::string report = std::string(bad_ids ? "ids" : "positions") +
                               " holds 3 at position 1, but must be from 0 to 2";
    DeviceBuffer<float> y(3), dword(std::vector<float>(3)), dposition(std::vector<float>(3));
    kernels::cuda::embedding_forward(EmbeddingForward<float>{.tokens = 3,
                                                             .n = 1,
                                                             .words = 3,
                                                             .places = 3,
                                                             .ids = ids.data(),
                                                             .positions = positions.data(),
                                                             .word = table.data(),
                                                             .position = table.data(),
                                                             .y = y.data()},
                                     stream());
    CHECK_THROWS_WITH(cuda::synchronize(kCuda), Catch::Contains("[embedding_forward] " + report));
    CHECK(y.download() == std::vector<float>{4, 0, 4});
    kernels::cuda::embedding_backward(EmbeddingBackward<float>{.tokens = 3,
                                                               .n = 1,
                                                               .words = 3,
                                                               .places = 3,
                                                               .ids = ids.data(),
                                                               .positions = positions.data(),
                                                               .dy = dy.data(),
                                                               .dword = dword.data(),
                                                               .dposition = dposition.data()},
                                      stream());
    CHECK_THROWS_WITH(cuda::synchronize(kCuda), Catch::Contains("[embedding_backward] " + report));
    CHECK((bad_ids ? dword : dposition).download() == std::vector<float>{4, 6, 0});
    CHECK((bad_ids ? dposition : dword).download() == std::vector<float>{5, 6, 4});
  }
}

}  // namespace
}  // namespace medley::tests
