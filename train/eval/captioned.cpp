// Groups rows by what they show.
#include "train/eval/captioned.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "models/text/tokenizer.h"

namespace medley::train {

CaptionedSplit by_picture(const Dataset& data) {
  if (data.kind() != RowKind::captions)
    throw DataError("this needs pictures with captions; the data holds questions or comparisons",
                    "medley eval vqa and medley eval nlvr measure those");
  CaptionedSplit split;
  std::map<std::vector<int64_t>, size_t> known;
  std::map<std::string, std::vector<int64_t>> items_of;  // texts of the gallery
  for (int64_t r = 0; r < data.size(); ++r) {
    Row row = data.row(r);
    const auto [found, is_new] = known.emplace(row.pictures, split.items.size());
    const auto index = static_cast<int64_t>(found->second);
    if (is_new) {
      CaptionedItem& item = split.items.emplace_back();
      item.pictures = row.pictures;
      item.id = row.id.empty() ? data.picture_name(row.pictures.at(0)) : row.id;
    }
    CaptionedItem& item = split.items[found->second];
    items_of[models::clean_caption(row.text)].push_back(index);
    for (std::string& reference : row.references) {
      item.right.insert(models::clean_caption(reference));
      item.references.push_back(std::move(reference));
    }
    item.right.insert(models::clean_caption(row.text));
    item.captions.push_back(std::move(row.text));
  }
  for (const auto& [text, items] : items_of) {
    const auto at = static_cast<int64_t>(split.texts.size());
    split.items[static_cast<size_t>(items.front())].own_texts.push_back(at);
    split.texts.push_back(text);
  }
  split.items_of_text.resize(split.texts.size());
  for (CaptionedItem& item : split.items) {
    for (const std::string& text : item.right) {
      const auto found = std::lower_bound(split.texts.begin(), split.texts.end(), text);
      if (found == split.texts.end() || *found != text) continue;
      item.right_texts.push_back(found - split.texts.begin());
      ++split.items_of_text[static_cast<size_t>(item.right_texts.back())];
    }
  }
  return split;
}

bool CaptionedSplit::is_right(int64_t item, int64_t text) const {
  const std::vector<int64_t>& right = items[static_cast<size_t>(item)].right_texts;
  return std::binary_search(right.begin(), right.end(), text);
}

}  // namespace medley::train
