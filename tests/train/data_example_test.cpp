// Rows of every kind as training takes them.
#include <set>

#include "tests/train/data_support.h"
#include "train/data/example.h"

namespace medley::train {
namespace {

const models::Tokenizer& tokenizer() {
  const std::string words = "a picture of a cat left right of the dog what is this two one";
  static const models::Tokenizer all(models::train_vocabulary({words, words}, 400));
  return all;
}

Example read(RowKind kind, const Row& row, const TextConfig& config, uint64_t seed = 1) {
  Random random(seed, Purpose::test);
  return make_example(kind, row, tokenizer(), config, random);
}

std::string words(const std::vector<int32_t>& ids) { return tokenizer().decode(ids); }

TEST_CASE("a caption begins with the prompt, whose tokens are not asked for") {
  Row row;
  row.text = "A CAT.";
  row.pictures = {7};
  TextConfig config;
  config.prompt = "a picture of ";
  const Example example = read(RowKind::captions, row, config);
  CHECK(words(example.text) == "a picture of a cat");
  CHECK(given_tokens(tokenizer(), config.prompt) == 4);
  CHECK(given_tokens(tokenizer(), "") == 1);
}

TEST_CASE("groups are equal captions, or equal pictures") {
  Row first, second;
  first.text = second.text = "a cat";
  first.pictures = {1};
  second.pictures = {2};
  const TextConfig captions, pictures{.group_pictures = true};
  const RowKind kind = RowKind::captions;
  CHECK(read(kind, first, captions).group == read(kind, second, captions).group);
  CHECK(read(kind, first, pictures).group == 1);
  CHECK(read(kind, second, pictures).group == 2);
}

TEST_CASE("a batch of questions has every answer with its question and its weight") {
  Row row;
  row.text = "What is this?";
  row.pictures = {0};
  row.answers = {{"a cat", 0.7}, {"dog", 0.3}};
  Row other = row;
  other.answers = {{"two", 1}};
  const Example a = read(RowKind::questions, row, {}), b = read(RowKind::questions, other, {});
  const models::Batch batch = pack_examples(RowKind::questions, {a, b});
  CHECK(batch.text.texts() == 2);
  CHECK(batch.answers.texts() == 3);
  CHECK(batch.question_of == std::vector<int32_t>{0, 0, 1});
  CHECK(batch.answer_weights == std::vector<double>{0.7, 0.3, 1});
  CHECK(words(a.answers[1]) == "dog");
  other.answers.clear();
  CHECK(message_of<DataError>([&] {
          read(RowKind::questions, other, {});
        }).find("'What is this?' has no answer") != std::string::npos);
}

TEST_CASE("pictures of a comparison change places together with left and right") {
  Row row;
  row.text = "the cat is left of the dog";
  row.pictures = {3, 9};
  row.truth = true;
  const TextConfig swaps{.swap_pictures = true};
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Example example = read(RowKind::comparisons, row, swaps, seed);
    const bool swapped = example.pictures == std::vector<int64_t>{9, 3};
    CHECK((swapped || example.pictures == row.pictures));
    CHECK((words(example.text).find("right") != std::string::npos) == swapped);
    CHECK(example.truth == 1);
    seen.insert(words(example.text));
  }
  CHECK(seen.size() == 2);
  CHECK(read(RowKind::comparisons, row, {}).pictures == row.pictures);
  row.truth.reset();
  CHECK_THROWS_AS(read(RowKind::comparisons, row, {}), DataError);
}

}  // namespace
}  // namespace medley::train
