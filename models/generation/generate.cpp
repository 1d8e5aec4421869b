// The loops around the decoder.
#include "models/generation/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"
#include "core/threads.h"
#include "models/generation/beam_search.h"
#include "models/generation/scores.h"

namespace medley::models {
namespace {

// Scores [rows, V] on the host, and their rows.
struct Scores {
  explicit Scores(const Tensor& logits) : values(logits.to(Device{}).to(DType::f64)) {}
  // The `count` rows from `first` on.
  std::span<double> rows(size_t first, size_t count = 1) const {
    const auto width = static_cast<size_t>(values.size(1));
    return {values.data<double>() + first * width, count * width};
  }
  Tensor values;
};

// The tokens of GenerateTokens::start for each slot.
Tensor feed_start(StepDecoder& decoder, const std::vector<int32_t>& slots,
                  const std::vector<int32_t>& start) {
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < slots.size(); ++i) tokens.insert(tokens.end(), start.begin(), start.end());
  return decoder.feed(slots, tokens);
}

std::vector<std::vector<Generated>> search(StepDecoder& decoder, int64_t count,
                                           const GenerateTokens& tokens,
                                           const GenerateOptions& options) {
  const auto beams = static_cast<size_t>(options.beams);
  std::vector<BeamSearch> searches(static_cast<size_t>(count),
                                   BeamSearch(options, tokens.start, tokens.end));
  std::vector<size_t> active(searches.size());
  std::iota(active.begin(), active.end(), size_t{0});
  std::vector<int32_t> slots(active.size() * beams);
  std::iota(slots.begin(), slots.end(), 0);
  Tensor logits = feed_start(decoder, slots, tokens.start);
  for (auto length = static_cast<int64_t>(tokens.start.size());; ++length) {
    const Scores scores(logits);
    std::vector<size_t> still_active;
    std::vector<int32_t> from, next;
    slots.clear();
    for (size_t a = 0; a < active.size(); ++a) {
      const auto choices = searches[active[a]].advance(scores.rows(a * beams, beams));
      if (choices.empty()) continue;
      still_active.push_back(active[a]);
      for (size_t b = 0; b < beams; ++b) {
        slots.push_back(static_cast<int32_t>(active[a] * beams + b));
        from.push_back(static_cast<int32_t>(active[a] * beams + choices[b].parent));
        next.push_back(choices[b].token);
      }
    }
    active = std::move(still_active);
    if (active.empty() || length + 1 == options.max_length) break;
    decoder.move(from, slots);
    logits = decoder.feed(slots, next);
  }
  std::vector<std::vector<Generated>> texts;
  for (BeamSearch& each : searches) texts.push_back(each.finish());
  return texts;
}

// One text of greedy decoding or sampling.
struct Text {
  std::vector<int32_t> ids;  // from [DEC] on
  double sum = 0;            // of the model's log-probabilities
  Random random;
};

int32_t choose(std::vector<double> scores, Text& text, int32_t end, const GenerateOptions& o) {
  apply_penalties(scores, text.ids, end, o);
  if (!o.sample)
    return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  keep_likely(scores, o);
  return draw(scores, text.random.uniform());
}

std::vector<std::vector<Generated>> extend(StepDecoder& decoder, int64_t count,
                                           const GenerateTokens& tokens,
                                           const GenerateOptions& options,
                                           const std::vector<uint64_t>& streams) {
  const auto returned = static_cast<size_t>(options.returned);
  std::vector<Text> texts;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    for (size_t r = 0; r < returned; ++r)
      texts.push_back({tokens.start, 0,
                       Random(options.seed, Purpose::sampling, streams.empty() ? i : streams[i],
                              static_cast<uint32_t>(r))});
  std::vector<int32_t> slots(texts.size());
  std::iota(slots.begin(), slots.end(), 0);
  Tensor logits = feed_start(decoder, slots, tokens.start);
  for (auto length = static_cast<int64_t>(tokens.start.size()); !slots.empty(); ++length) {
    const Scores scores(logits);
    std::vector<int32_t> chosen(slots.size()), still_active, next;
    parallel_for(static_cast<int64_t>(slots.size()), 1, [&](int64_t begin, int64_t end) {
      for (auto s = static_cast<size_t>(begin); s < static_cast<size_t>(end); ++s) {
        Text& text = texts[static_cast<size_t>(slots[s])];
        const std::span<double> row = scores.rows(s);
        chosen[s] = choose({row.begin(), row.end()}, text, tokens.end, options);
        log_softmax(row);
        text.sum += row[static_cast<size_t>(chosen[s])];
        if (chosen[s] != tokens.end) text.ids.push_back(chosen[s]);
      }
    });
    for (size_t s = 0; s < slots.size(); ++s) {
      if (chosen[s] == tokens.end) continue;
      still_active.push_back(slots[s]);
      next.push_back(chosen[s]);
    }
    slots = std::move(still_active);
    if (slots.empty() || length + 1 == options.max_length) break;
    logits = decoder.feed(slots, next);
  }
  std::vector<std::vector<Generated>> results(static_cast<size_t>(count));
  for (size_t t = 0; t < texts.size(); ++t) {
    const Text& text = texts[t];
    const double length = static_cast<double>(text.ids.size());
    results[t / returned].push_back({{text.ids.begin() + 1, text.ids.end()},
                                     text.sum / std::pow(length, options.length_penalty)});
  }
  return results;
}

}  // namespace

std::vector<std::vector<Generated>> generate(const Med& med, const Memory& memory,
                                             const GenerateTokens& tokens,
                                             const GenerateOptions& options,
                                             const std::vector<uint64_t>& streams) {
  const autograd::NoGrad no_grad;
  validate(options, static_cast<int64_t>(tokens.start.size()) - 1, med.config().max_positions);
  if (!streams.empty() && static_cast<int64_t>(streams.size()) != memory.count())
    throw ValueError(
        str("[generate] there are ", streams.size(), " streams for ", memory.count(), " pictures"));
  if (memory.count() == 0) return {};
  StepDecoder decoder(med, memory, options.beams * (options.sample ? options.returned : 1),
                      options.max_length, med.config().text_width);
  return options.beams > 1 ? search(decoder, memory.count(), tokens, options)
                           : extend(decoder, memory.count(), tokens, options, streams);
}

}  // namespace medley::models
