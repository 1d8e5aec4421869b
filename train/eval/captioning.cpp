// Captions of encoded pictures, and their scores.
#include "train/eval/captioning.h"

#include <algorithm>
#include <map>

#include "autograd/tape.h"
#include "train/metrics/captions.h"
#include "train/metrics/ptb.h"

namespace medley::train {
namespace {

// Words that both have, each as often as in the text that has it less often.
int64_t common_words(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  int64_t sum = 0;
  for_common(count_grams(a, 1), count_grams(b, 1),
             [&](const Gram&, int64_t x, int64_t y) { sum += std::min(x, y); });
  return sum;
}

double token_f1(const std::string& said, const std::string& reference) {
  WordIds ids;
  const std::vector<int32_t> a = ids.ids(said), b = ids.ids(reference);
  const size_t both = a.size() + b.size();
  return both == 0 ? 1 : 2 * static_cast<double>(common_words(a, b)) / static_cast<double>(both);
}

// The cleaned caption that most rows have; of equally many the first in the alphabet.
std::string most_frequent_caption(const CaptionedSplit& split) {
  std::map<std::string, int64_t> counts;
  for (const CaptionedItem& item : split.items)
    for (const std::string& caption : item.captions) ++counts[models::clean_caption(caption)];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? "" : most->first;
}

FigureGroup figures_of(const models::Tokenizer& tokenizer, const CaptionedSplit& split,
                       const std::vector<std::string>& said, bool intervals) {
  std::vector<double> exact, f1;
  std::vector<ScoredText> corpus;
  for (size_t i = 0; i < said.size(); ++i) {
    const CaptionedItem& item = split.items[i];
    const std::string words = plain(tokenizer, said[i]);
    double best = 0;
    bool equal = false;
    for (const std::string& right : item.right) {
      const std::string reference = plain(tokenizer, right);
      equal |= words == reference;
      best = std::max(best, token_f1(words, reference));
    }
    exact.push_back(equal ? 1 : 0);
    f1.push_back(best);
    ScoredText& text = corpus.emplace_back(ScoredText{ptb_tokens(said[i]), {}});
    for (const auto* written : {&item.captions, &item.references})
      for (const std::string& reference : *written)
        text.references.push_back(ptb_tokens(reference));
  }
  const CaptionMetrics metrics = caption_metrics(corpus);
  FigureGroup figures(static_cast<int64_t>(said.size()), intervals);
  figures.add_mean("exact", exact);
  figures.add_mean("token_f1", f1);
  for (size_t n = 0; n < kLongestGram; ++n)
    figures.add("bleu" + std::to_string(n + 1), [&, n](std::span<const int64_t> items) {
      BleuCounts sum;
      for (const int64_t i : items) sum.add(metrics.items.counts[static_cast<size_t>(i)]);
      return sum.scores()[n];
    });
  figures.add_mean("rouge_l", metrics.items.rouge_l);
  figures.add_mean("cider", metrics.items.cider);
  return figures;
}

}  // namespace

std::vector<std::vector<int32_t>> caption_tokens(const models::Blip& model,
                                                 const models::Tokenizer& tokenizer,
                                                 const Tensor& image_tokens,
                                                 const CaptionRules& rules) {
  autograd::NoGrad no_grad;
  models::GenerateOptions generate = rules.generate;
  if (generate.max_length == 0) generate.max_length = model.model().max_tokens;
  const std::vector<int32_t> prompt = tokenizer.encode(models::clean_caption(rules.prompt));
  std::vector<std::vector<int32_t>> said;
  for (std::vector<models::Generated>& texts : model.caption(image_tokens, generate, prompt)) {
    std::vector<int32_t>& ids = said.emplace_back(std::move(texts[0].ids));
    ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(prompt.size()));
  }
  return said;
}

std::vector<std::string> write_captions(const models::Blip& model,
                                        const models::Tokenizer& tokenizer,
                                        const Tensor& image_tokens, const CaptionRules& rules) {
  std::vector<std::string> said;
  for (const std::vector<int32_t>& ids : caption_tokens(model, tokenizer, image_tokens, rules))
    said.push_back(tokenizer.decode(ids));
  return said;
}

std::string plain(const models::Tokenizer& tokenizer, const std::string& text) {
  return tokenizer.decode(tokenizer.encode(models::clean_caption(text)));
}

FigureGroup caption_figures(const models::Tokenizer& tokenizer, const CaptionedSplit& split,
                            const std::vector<std::string>& said, bool intervals) {
  FigureGroup figures = figures_of(tokenizer, split, said, intervals);
  if (!intervals) return figures;
  const std::string most = most_frequent_caption(split);
  const std::vector<std::string> always(said.size(), most);
  figures.set_trivial(figures_of(tokenizer, split, always, false).json().set("answer", most));
  return figures;
}

}  // namespace medley::train
