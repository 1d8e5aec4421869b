// Similarities, rankings and the re-ranking by the matching head.
#include "train/eval/retrieval.h"

#include <algorithm>
#include <map>

#include "autograd/ops/linear.h"
#include "autograd/ops/rows.h"
#include "autograd/tape.h"

namespace medley::train {
namespace {

using Tokens = std::vector<std::vector<int32_t>>;
using Ranking = std::vector<std::vector<int64_t>>;

constexpr int64_t kRows = 128;  // images or texts that go through the model at a time

Tensor image_features(models::Blip& model, const Tensor& image_tokens) {
  int64_t count = image_tokens.size(0);
  Tensor features = Tensor::empty({count, model.model().embed_dim});
  for (int64_t i = 0; i < count; i += kRows) {
    int64_t end = std::min(i + kRows, count);
    features.slice(0, i, end).copy_from(model.image_features(image_tokens.slice(0, i, end)));
  }
  return features;
}

Tensor text_features(models::Blip& model, const Tokens& texts) {
  auto count = static_cast<int64_t>(texts.size());
  Tensor features = Tensor::empty({count, model.model().embed_dim});
  for (int64_t i = 0; i < count; i += kRows) {
    int64_t end = std::min(i + kRows, count);
    Tokens part(texts.begin() + i, texts.begin() + end);
    features.slice(0, i, end).copy_from(model.text_features(models::pack(part)));
  }
  return features;
}

// similarity [queries, candidates]
Ranking rank(const Tensor& similarity, int64_t count) {
  Ranking ranking;
  const float* row = similarity.data<float>();
  auto width = static_cast<size_t>(similarity.size(1));
  for (int64_t q = 0; q < similarity.size(0); ++q, row += width)
    ranking.push_back(best_of({row, width}, count));
  return ranking;
}

struct Pair {
  int64_t image, text;
};

class Matcher {
 public:
  Matcher(models::Blip& model, const Tensor& image_tokens, const Tokens& texts,
          const Tensor& similarity)
      : model_(model), image_tokens_(image_tokens), texts_(texts), similarity_(similarity) {}

  // ITM's match logit + cosine of each pair.
  std::vector<float> scores(const std::vector<Pair>& pairs) const {
    std::map<int64_t, int32_t> place;  // of an image among those that are needed
    std::vector<int32_t> needed, image_of;
    Tokens texts;
    for (const Pair& pair : pairs) {
      auto [found, is_new] = place.emplace(pair.image, static_cast<int32_t>(place.size()));
      if (is_new) needed.push_back(static_cast<int32_t>(pair.image));
      image_of.push_back(found->second);
      texts.push_back(texts_[static_cast<size_t>(pair.text)]);
    }
    int64_t tokens = image_tokens_.size(1), width = image_tokens_.size(2);
    auto images = static_cast<int64_t>(needed.size());
    Tensor picked =
        autograd::gather_rows(image_tokens_.view({image_tokens_.size(0), tokens * width}),
                              Tensor::from(needed, {images}));
    Tensor logits = model_.match(picked.view({images, tokens, width}), models::pack(texts),
                                 Tensor::from(image_of, {static_cast<int64_t>(image_of.size())}));
    std::vector<float> values = logits.to_vector<float>(), scores;
    for (size_t i = 0; i < pairs.size(); ++i)
      scores.push_back(values[2 * i + 1] + cosine(pairs[i]));
    return scores;
  }

  // The first `rerank` candidates of each query in the order of their scores.
  Ranking rerank(const Ranking& ranking, int64_t rerank, bool queries_are_images) const {
    Ranking result;
    size_t at_once = std::max<size_t>(1, static_cast<size_t>(kRows / rerank));
    for (size_t begin = 0; begin < ranking.size(); begin += at_once) {
      size_t end = std::min(begin + at_once, ranking.size());
      std::vector<Pair> pairs;
      std::vector<size_t> counts;
      for (size_t q = begin; q < end; ++q) {
        size_t count = std::min(ranking[q].size(), static_cast<size_t>(rerank));
        counts.push_back(count);
        for (size_t c = 0; c < count; ++c) {
          auto query = static_cast<int64_t>(q);
          pairs.push_back(queries_are_images ? Pair{query, ranking[q][c]}
                                             : Pair{ranking[q][c], query});
        }
      }
      std::vector<float> all = scores(pairs);
      const float* at = all.data();
      for (size_t q = begin; q < end; ++q) {
        size_t count = counts[q - begin];
        std::vector<int64_t>& order = result.emplace_back();
        for (int64_t c : best_of({at, count}, static_cast<int64_t>(count)))
          order.push_back(ranking[q][static_cast<size_t>(c)]);
        at += count;
      }
    }
    return result;
  }

 private:
  float cosine(const Pair& pair) const {
    return similarity_.data<float>()[pair.image * similarity_.size(1) + pair.text];
  }

  models::Blip& model_;
  const Tensor& image_tokens_;
  const Tokens& texts_;
  const Tensor& similarity_;  // [images, texts]
};

}  // namespace

RetrievalRankings rank_split(models::Blip& model, const models::Tokenizer& tokenizer,
                             const EncodedSplit& split, int64_t rerank) {
  autograd::NoGrad no_grad;
  Tokens texts;
  for (const std::string& text : split.texts)
    texts.push_back(tokenizer.encode_caption(text, model.model().max_tokens));
  Tensor images = image_features(model, split.image_tokens);
  Tensor similarity = autograd::linear(images, text_features(model, texts), Tensor());
  int64_t count = std::max<int64_t>(rerank, 5);
  RetrievalRankings result;
  result.itc = {rank(similarity, count), rank(similarity.transpose(0, 1).contiguous(), count)};
  if (rerank > 0) {
    Matcher matcher(model, split.image_tokens, texts, similarity);
    result.itm = Rankings{matcher.rerank(result.itc.texts_of_image, rerank, true),
                          matcher.rerank(result.itc.images_of_text, rerank, false)};
  }
  return result;
}

RetrievalScores score(const Rankings& rankings, const EncodedSplit& split) {
  auto right = [&](int64_t image, int64_t text) {
    return split.names[static_cast<size_t>(image)].contains(split.texts[static_cast<size_t>(text)]);
  };
  return {recall(rankings.texts_of_image, right),
          recall(rankings.images_of_text, [&](int64_t t, int64_t i) { return right(i, t); })};
}

}  // namespace medley::train
