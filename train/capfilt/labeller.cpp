// A batch of pictures goes through both models once.
#include "train/capfilt/labeller.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "core/threads.h"
#include "train/data/resize.h"
#include "train/eval/encoded.h"

namespace medley::train {
namespace {

// The picture that a row shows; -1: none, or several.
int64_t picture_of(const Row& row) { return row.pictures.size() == 1 ? row.pictures[0] : -1; }

// A picture that cannot be labelled has an error and no texts.
LabelItem item_of(const Dataset& data, const Row& row, int64_t index) {
  LabelItem item{picture_of(row), {.image = {}, .id = row.id, .row = index}};
  if (!row.pictures.empty()) item.label.image = data.picture_name(row.pictures[0]);
  if (row.pictures.empty()) item.label.error = row.error;
  if (row.pictures.size() > 1)
    item.label.error = str("[image] '", item.label.image, "' and ", row.pictures.size() - 1,
                           " more are a video, or several pictures");
  return item;
}

int64_t side_of(const Pipeline& model) { return model.model().config.model.image_size; }

// Where the captioner says what the web says, it is scored once.
LabelledText& first_like(std::vector<LabelledText>& texts, const LabelledText& text) {
  return *std::find_if(texts.begin(), texts.end(), [&](const LabelledText& one) {
    return &one == &text || (one.text == text.text && one.error.empty());
  });
}

}  // namespace

std::vector<LabelItem> items_of(const Dataset& data, const Unit& unit) {
  std::vector<LabelItem> items;
  int64_t before = unit.begin > 0 ? picture_of(data.row(unit.begin - 1)) : -1;
  for (int64_t i = unit.begin; i < data.size(); ++i) {
    const Row row = data.row(i);
    const int64_t picture = picture_of(row);
    const bool goes_on = picture >= 0 && picture == before;
    before = picture;
    if (goes_on && items.empty()) continue;  // of the unit before
    if (!goes_on && i >= unit.end) break;
    if (!goes_on) items.push_back(item_of(data, row, i));
    std::vector<LabelledText>& texts = items.back().label.texts;
    texts.push_back({row.text, "web", 0, row.error});
    for (const std::string& text : row.references) texts.push_back({text, "web", 0, {}});
  }
  return items;
}

Labeller::Labeller(const LabelOptions& options, const Dataset& data, const Pipeline& captioner,
                   const Pipeline& filter)
    : options_(options),
      data_(data),
      captioner_(captioner),
      filter_(filter),
      side_(side_of(captioner) == side_of(filter) ? side_of(filter) : 0) {
  if (options.prompt.empty()) return;
  const models::Tokenizer& words = captioner.model().tokenizer;
  prompt_ = words.decode(words.encode(captioner.model().clean(options.prompt)));
}

void Labeller::look(std::vector<LabelItem>& items, size_t begin, size_t end) const {
  std::vector<LabelItem*> good;
  Images images(end - begin);
  parallel_for(static_cast<int64_t>(end - begin), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      LabelItem& item = items[begin + static_cast<size_t>(i)];
      if (!item.label.error.empty()) continue;
      try {
        images[static_cast<size_t>(i)] = shrunk(data_.picture(item.picture));
      } catch (const DataError& error) {
        item.label.error = first_line(error);
      }
    }
  });
  for (size_t i = begin; i < end; ++i)
    if (images[i - begin]) good.push_back(&items[i]);
  std::erase(images, nullptr);
  if (good.empty()) return;
  const EncodedPictures seen = encoded(captioner_, images);
  add_captions(seen, good);
  add_probabilities(&captioner_ == &filter_ ? seen : encoded(filter_, images), good);
}

// As both models see it, so that a batch of large pictures does not take much memory.
std::shared_ptr<const Image> Labeller::shrunk(std::shared_ptr<const Image> image) const {
  if (side_ == 0 || (image->width == side_ && image->height == side_)) return image;
  return std::make_shared<const Image>(resize_bicubic(*image, side_, side_));
}

EncodedPictures Labeller::encoded(const Pipeline& model, const Images& images) const {
  return model.encode_pictures(picture_tensor(images, side_of(model)));
}

void Labeller::add_captions(const EncodedPictures& seen,
                            const std::vector<LabelItem*>& items) const {
  const auto captions = captioner_.captions(seen, options_.generate, options_.prompt);
  for (size_t i = 0; i < items.size(); ++i) {
    std::string text = captions[i][0].text;
    if (text.starts_with(prompt_)) text.erase(0, prompt_.size());
    text.erase(0, text.find_first_not_of(' '));
    items[i]->label.texts.push_back({text, "synthetic", 0, {}});
  }
}

void Labeller::add_probabilities(const EncodedPictures& seen,
                                 const std::vector<LabelItem*>& items) const {
  std::vector<std::vector<std::string>> texts(items.size());
  std::vector<std::vector<LabelledText*>> scored(items.size());
  for (size_t i = 0; i < items.size(); ++i)
    for (LabelledText& text : items[i]->label.texts) {
      if (!text.error.empty() || &first_like(items[i]->label.texts, text) != &text) continue;
      try {
        filter_.model().encode(text.text);
        texts[i].push_back(text.text);
        scored[i].push_back(&text);
      } catch (const Error& error) {
        text.error = first_line(error);
      }
    }
  const auto probabilities = filter_.own_matches(seen, texts);
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t t = 0; t < scored[i].size(); ++t) scored[i][t]->probability = probabilities[i][t];
    std::vector<LabelledText>& all = items[i]->label.texts;
    for (LabelledText& text : all)
      if (text.error.empty()) text.probability = first_like(all, text).probability;
  }
}

}  // namespace medley::train
