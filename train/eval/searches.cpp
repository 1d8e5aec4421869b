// Ranks of both directions.
#include "train/eval/searches.h"

#include <algorithm>
#include <string>

#include "train/eval/evaluate.h"
#include "train/metrics/recall.h"

namespace medley::train {
namespace {

constexpr size_t kShown = 10;

struct BothSearches {
  Search to_text, to_image;
};

BothSearches searches(const Rankings& rankings, const CaptionedSplit& split) {
  const auto items = static_cast<int64_t>(split.items.size());
  BothSearches both;
  const auto right = [&](int64_t item, int64_t text) { return split.is_right(item, text); };
  both.to_text.ranks = ranks_of(rankings.texts_of_image, right);
  both.to_image.ranks =
      ranks_of(rankings.images_of_text, [&](int64_t t, int64_t i) { return right(i, t); });
  for (int64_t i = 0; i < items; ++i) {
    const CaptionedItem& item = split.items[static_cast<size_t>(i)];
    both.to_text.right.push_back(static_cast<int64_t>(item.right_texts.size()));
    both.to_text.groups.push_back({i});
    both.to_image.groups.push_back(item.own_texts);
  }
  both.to_text.candidates = static_cast<int64_t>(split.texts.size());
  both.to_image.right = split.items_of_text;
  both.to_image.candidates = items;
  return both;
}

// One entry a query; `query` makes it, `name` names a candidate.
template <class Query, class Name>
Json listed(const Ranking& ranking, const std::vector<int64_t>& ranks, const Query& query,
            const Name& name) {
  Json all = Json::array();
  for (size_t q = 0; q < ranking.size(); ++q) {
    Json found = Json::array();
    for (size_t c = 0; c < std::min(kShown, ranking[q].size()); ++c)
      found.push(name(ranking[q][c]));
    all.push(query(static_cast<int64_t>(q))
                 .set("rank", ranks[q] == kNotFound ? Json() : Json(ranks[q] + 1))
                 .set("found", found));
  }
  return all;
}

}  // namespace

void add_searches(Json& figures, const RetrievalRankings& rankings, const CaptionedSplit& split,
                  const SearchNames& names) {
  const auto add = [&](const Rankings& some, const std::string& after) {
    const BothSearches both = searches(some, split);
    const auto group = [&](const Search& search) {
      return search_figures(search, names.median, names.intervals).json();
    };
    figures.set(names.to_text + after, group(both.to_text));
    figures.set(names.to_image + after, group(both.to_image));
  };
  add(rankings.itc, "");
  if (rankings.itm) add(*rankings.itm, "_itm");
}

Json searches_as_json(const RetrievalRankings& rankings, const CaptionedSplit& split) {
  const Rankings& best = rankings.itm ? *rankings.itm : rankings.itc;
  const BothSearches both = searches(best, split);
  const auto image = [&](int64_t i) { return id_as_json(split.items[static_cast<size_t>(i)].id); };
  const auto text = [&](int64_t t) { return Json(split.texts[static_cast<size_t>(t)]); };
  return Json::object()
      .set("texts_of_image",
           listed(
               best.texts_of_image, both.to_text.ranks,
               [&](int64_t q) { return Json::object().set("image_id", image(q)); }, text))
      .set("images_of_text",
           listed(
               best.images_of_text, both.to_image.ranks,
               [&](int64_t q) { return Json::object().set("text", text(q)); }, image));
}

}  // namespace medley::train
