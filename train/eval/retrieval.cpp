// Similarities, rankings and the re-ranking by the matching head.
#include "train/eval/retrieval.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "autograd/ops/linear.h"
#include "autograd/ops/rows.h"
#include "autograd/tape.h"

namespace medley::train {
namespace {

using Tokens = std::vector<std::vector<int32_t>>;

constexpr int64_t kRows = 128;  // texts, or pictures of pairs, that go through the model at a time
constexpr int64_t kListed = 10;

Tensor text_features(const models::Blip& model, const Tokens& texts) {
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
Ranking rank_rows(const Tensor& similarity, int64_t count) {
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
  Matcher(const models::Blip& model, const Tensor& image_tokens, const Tokens& texts,
          const Tensor& similarity, const RankRules& rules)
      : model_(model),
        image_tokens_(image_tokens),
        texts_(texts),
        similarity_(similarity),
        rules_(rules) {}

  // The first `rerank` candidates of each query in the order of their scores.
  Ranking rerank(Ranking ranking, bool queries_are_images) const {
    const auto count = static_cast<size_t>(rules_.rerank);
    std::vector<Pair> pairs;
    for (size_t q = 0; q < ranking.size(); ++q)
      for (size_t c = 0; c < std::min(count, ranking[q].size()); ++c) {
        const auto query = static_cast<int64_t>(q);
        pairs.push_back(queries_are_images ? Pair{query, ranking[q][c]}
                                           : Pair{ranking[q][c], query});
      }
    const std::vector<float> scores = this->scores(pairs);
    const float* at = scores.data();
    for (std::vector<int64_t>& candidates : ranking) {
      const size_t first = std::min(count, candidates.size());
      const std::vector<int64_t> before = candidates;
      const std::vector<int64_t> order = best_of({at, first}, static_cast<int64_t>(first));
      for (size_t c = 0; c < first; ++c) candidates[c] = before[static_cast<size_t>(order[c])];
      at += first;
    }
    return ranking;
  }

 private:
  // ITM's match logit + cosine of each pair. Pairs of one image go together, so that its keys and
  // values are computed once.
  std::vector<float> scores(const std::vector<Pair>& pairs) const {
    std::vector<size_t> order(pairs.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return pairs[a].image < pairs[b].image; });
    const int64_t frames = image_tokens_.size(1) / model_.model().tokens_per_image();
    const auto at_once = static_cast<size_t>(std::max<int64_t>(1, kRows / frames));
    std::vector<float> scores(pairs.size());
    for (size_t begin = 0; begin < order.size(); begin += at_once) {
      const std::span part =
          std::span(order).subspan(begin, std::min(at_once, order.size() - begin));
      std::vector<int32_t> needed, image_of;
      Tokens texts;
      for (const size_t p : part) {
        const auto image = static_cast<int32_t>(pairs[p].image);
        if (needed.empty() || needed.back() != image) needed.push_back(image);
        image_of.push_back(static_cast<int32_t>(needed.size()) - 1);
        texts.push_back(texts_[static_cast<size_t>(pairs[p].text)]);
      }
      const std::vector<float> logits =
          model_
              .match(picked(needed), models::pack(texts),
                     Tensor::from(image_of, {static_cast<int64_t>(image_of.size())}), rules_.first)
              .to_vector<float>();
      for (size_t i = 0; i < part.size(); ++i)
        scores[part[i]] = logits[2 * i + 1] + cosine(pairs[part[i]]);
    }
    return scores;
  }

  // The tokens of these images.
  Tensor picked(const std::vector<int32_t>& images) const {
    const int64_t tokens = image_tokens_.size(1), width = image_tokens_.size(2);
    const auto count = static_cast<int64_t>(images.size());
    return autograd::gather_rows(image_tokens_.view({image_tokens_.size(0), tokens * width}),
                                 Tensor::from(images, {count}))
        .view({count, tokens, width});
  }

  float cosine(const Pair& pair) const {
    return similarity_.data<float>()[pair.image * similarity_.size(1) + pair.text];
  }

  const models::Blip& model_;
  const Tensor& image_tokens_;
  const Tokens& texts_;
  const Tensor& similarity_;  // [images, texts]
  const RankRules& rules_;
};

// [b, F N, C] -> [b, E]
Tensor features_of(const models::Blip& model, const Tensor& tokens) {
  const int64_t per_image = model.model().tokens_per_image(), width = tokens.size(2);
  const int64_t count = tokens.size(0), frames = tokens.size(1) / per_image;
  if (frames == 1) return model.image_features(tokens);
  // A mean of projections is the projection of the mean.
  const std::vector<float> values = tokens.to_vector<float>();
  std::vector<float> mean(static_cast<size_t>(count * width));
  for (int64_t i = 0; i < count * frames; ++i)
    for (int64_t c = 0; c < width; ++c)
      mean[static_cast<size_t>(i / frames * width + c)] +=
          values[static_cast<size_t>(i * per_image * width + c)] / static_cast<float>(frames);
  return model.towers().image_features(Tensor::from(mean, {count, width}, model.device()));
}

}  // namespace

EncodedItems::EncodedItems(const models::Blip& model, int64_t count, int64_t frames)
    : tokens(Tensor::empty(
          {count, frames * model.model().tokens_per_image(), model.model().vit_width})),
      features(Tensor::empty({count, model.model().embed_dim})) {}

void EncodedItems::keep(const models::Blip& model, int64_t begin, const Tensor& some) {
  const int64_t end = begin + some.size(0);
  tokens.slice(0, begin, end).copy_from(some);
  features.slice(0, begin, end).copy_from(features_of(model, some));
}

RetrievalRankings rank(const models::Blip& model, const models::Tokenizer& tokenizer,
                       const EncodedItems& items, const std::vector<std::string>& texts,
                       const RankRules& rules) {
  autograd::NoGrad no_grad;
  Tokens encoded;
  for (const std::string& text : texts)
    encoded.push_back(tokenizer.encode_caption(text, model.model().max_tokens));
  const Tensor similarity =
      autograd::linear(items.features, text_features(model, encoded), Tensor());
  const int64_t count = rules.whole ? std::max(similarity.size(0), similarity.size(1))
                                    : std::max(rules.rerank, kListed);
  RetrievalRankings result;
  result.itc = {rank_rows(similarity, count),
                rank_rows(similarity.transpose(0, 1).contiguous(), count)};
  if (rules.rerank > 0) {
    const Matcher matcher(model, items.tokens, encoded, similarity, rules);
    result.itm = Rankings{matcher.rerank(result.itc.texts_of_image, true),
                          matcher.rerank(result.itc.images_of_text, false)};
  }
  return result;
}

}  // namespace medley::train
