// Rows to tokens.
#include "train/data/example.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

// FNV-1a, 64 bits: equal captions have equal ids; of a million captions two others do with a
// probability of 3e-8.
int64_t caption_id(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  return static_cast<int64_t>(hash);
}

void read_caption(Example& example, const Row& row, const models::Tokenizer& tokenizer,
                  const TextConfig& config, Random& random) {
  const std::string caption = models::clean_caption(row.text);
  example.group = config.group_pictures ? row.pictures.at(0) : caption_id(caption);
  const auto count = static_cast<uint32_t>(row.references.size());
  const bool other = config.references > 0 && count > 0 && random.uniform() < config.references;
  const std::string text =
      other ? models::clean_caption(row.references[random.below(count)]) : caption;
  example.text = tokenizer.encode_caption(config.prompt + text, config.max_tokens);
}

void read_question(Example& example, const Row& row, const models::Tokenizer& tokenizer,
                   const TextConfig& config) {
  if (row.answers.empty())
    throw DataError("the question '" + row.text + "' has no answer",
                    "training needs the annotations: use a split that has them");
  example.text = tokenizer.encode_caption(models::clean_question(row.text), config.max_tokens);
  for (const Answer& answer : row.answers) {
    example.answers.push_back(tokenizer.encode_caption(answer.text, config.max_tokens));
    example.weights.push_back(answer.weight);
  }
}

// As the original: words, not parts of words.
std::string mirrored(const std::string& sentence) {
  std::istringstream in(sentence);
  std::string out;
  for (std::string word; in >> word;)
    out += (out.empty() ? "" : " ") + (word == "left"    ? "right"
                                       : word == "right" ? std::string("left")
                                                         : word);
  return out;
}

void read_comparison(Example& example, const Row& row, const models::Tokenizer& tokenizer,
                     const TextConfig& config, Random& random) {
  if (!row.truth)
    throw DataError("nobody says whether the sentence '" + row.text + "' is true",
                    "training needs labels: use a split that has them");
  std::string sentence = models::clean_caption(row.text);
  if (config.swap_pictures && random.below(2) == 1) {
    std::swap(example.pictures.at(0), example.pictures.at(1));
    sentence = mirrored(sentence);
  }
  example.truth = *row.truth ? 1 : 0;
  example.text = tokenizer.encode_caption(sentence, config.max_tokens);
}

}  // namespace

Example make_example(RowKind kind, const Row& row, const models::Tokenizer& tokenizer,
                     const TextConfig& config, Random& random) {
  Example example;
  example.pictures = row.pictures;
  switch (kind) {
    case RowKind::captions:
      read_caption(example, row, tokenizer, config, random);
      break;
    case RowKind::questions:
      read_question(example, row, tokenizer, config);
      break;
    case RowKind::comparisons:
      read_comparison(example, row, tokenizer, config, random);
      break;
  }
  return example;
}

int64_t given_tokens(const models::Tokenizer& tokenizer, const std::string& prompt) {
  return 1 + static_cast<int64_t>(tokenizer.encode(prompt).size());
}

models::Batch pack_examples(RowKind kind, const std::vector<Example>& examples) {
  const auto count = static_cast<int64_t>(examples.size());
  std::vector<std::vector<int32_t>> texts, answers;
  std::vector<int64_t> groups;
  std::vector<int32_t> truth;
  models::Batch batch;
  for (const Example& example : examples) {
    batch.question_of.insert(batch.question_of.end(), example.answers.size(),
                             static_cast<int32_t>(texts.size()));
    answers.insert(answers.end(), example.answers.begin(), example.answers.end());
    batch.answer_weights.insert(batch.answer_weights.end(), example.weights.begin(),
                                example.weights.end());
    texts.push_back(example.text);
    groups.push_back(example.group);
    truth.push_back(example.truth);
  }
  batch.text = models::pack(texts);
  if (kind == RowKind::captions) batch.caption = Tensor::from(groups, {count});
  if (kind == RowKind::questions) batch.answers = models::pack(answers);
  if (kind == RowKind::comparisons) batch.truth = Tensor::from(truth, {count});
  return batch;
}

}  // namespace medley::train
