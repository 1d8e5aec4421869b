// Streams the labels twice: for the threshold, and for the lists.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/capfilt/capfilt.h"
#include "train/data/list_file.h"
#include "train/data/open.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr double kConstant = 1e-3;  // standard deviation of the probabilities of a collapsed filter

bool may_keep(const SelectOptions& options, const LabelledText& text) {
  return text.source == "web" ? options.web : options.synthetic;
}

// How the probabilities lie, in a million bins.
class Histogram {
 public:
  void add(double probability) {
    const auto bin = static_cast<size_t>(probability * static_cast<double>(counts_.size()));
    ++counts_[std::min(bin, counts_.size() - 1)];
    ++count_;
    sum_ += probability;
    squares_ += probability * probability;
  }
  int64_t count() const { return count_; }
  double mean() const { return sum_ / static_cast<double>(count_); }
  double deviation() const {
    return std::sqrt(std::max(0.0, squares_ / static_cast<double>(count_) - mean() * mean()));
  }
  // A threshold above which at least this part of the probabilities is: just below the edge of a
  // bin, the highest that will do.
  double above(double part) const {
    const double wanted = part * static_cast<double>(count_);
    int64_t above = 0;
    for (size_t bin = counts_.size(); bin-- > 0;) {
      above += counts_[bin];
      if (static_cast<double>(above) >= wanted)
        return std::nextafter(static_cast<double>(bin) / static_cast<double>(counts_.size()), -1);
    }
    return 0;
  }

 private:
  std::vector<int64_t> counts_ = std::vector<int64_t>(1 << 20);
  int64_t count_ = 0;
  double sum_ = 0, squares_ = 0;
};

Json row_of(const LabelledPicture& picture, const std::string& text, const std::string& source) {
  Json row = Json::object().set("image", picture.image).set("caption", text);
  if (!picture.id.empty()) row.set("image_id", picture.id);
  return row.set("source", source);
}

double threshold_of(const SelectOptions& options, const LabelFolder& folder) {
  Histogram histogram;
  folder.each([&](const LabelledPicture& picture) {
    if (!picture.error.empty()) return;
    for (const LabelledText& text : picture.texts)
      if (text.error.empty() && may_keep(options, text)) histogram.add(text.probability);
  });
  if (histogram.count() == 0)
    throw DataError(folder.path() + " has no text with a probability, so nothing can be kept");
  if (histogram.deviation() < kConstant)
    warn(str("the filter says nearly the same of all ", with_commas(histogram.count()),
             " texts: ", fixed(histogram.mean(), 4), " with a deviation of ", histogram.deviation(),
             ". It has not learned to tell them apart"));
  return options.keep ? histogram.above(*options.keep) : options.threshold;
}

void add_human_pairs(const SelectOptions& options, const LabelFolder& folder, ListFile& kept,
                     SourceCounts& counts) {
  const OpenedData human = open_data(options.human, {.images = options.images});
  const std::string web_images = folder.settings().at("images").text();
  const std::unique_ptr<PictureFiles> files =
      web_images.empty() ? nullptr : open_pictures(web_images);
  for (int64_t i = 0; i < human.data->size(); ++i) {
    const Row row = human.data->row(i);
    const std::string name = human.data->picture_name(row.pictures.at(0));
    if (files && !files->contains(name))
      throw DataError(
          str("[data] ", options.human, ", row ", i, ": ", web_images, " has no '", name, "'"),
          "pictures of the web and of people must be in one folder or tar, since one "
          "list names both");
    kept.add(row_of({.image = name, .id = row.id}, row.text, "human"));
    ++counts.texts;
    ++counts.kept;
  }
}

}  // namespace

void validate_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1))
    throw ConfigError(str("the threshold is ", threshold, " but must be from 0 to 1"));
}

Json Selection::json() const {
  Json all = Json::object();
  for (const auto& [name, counts] : sources)
    all.set(name, Json::object()
                      .set("texts", counts.texts)
                      .set("kept", counts.kept)
                      .set("failed", counts.failed));
  return Json::object()
      .set("threshold", threshold)
      .set("pictures", pictures)
      .set("failed_pictures", failed)
      .set("sources", all);
}

Selection select(const SelectOptions& options) {
  validate_threshold(options.threshold);
  if (options.keep && !(*options.keep > 0 && *options.keep <= 1))
    throw ConfigError(str("--keep is ", *options.keep, " but must be above 0 and at most 1"));
  const LabelFolder folder = LabelFolder::open(options.folder);
  Selection selection;
  selection.threshold = threshold_of(options, folder);
  const std::string& out = options.out.empty() ? options.folder : options.out;
  make_folders(out);
  ListFile kept(out + "/bootstrapped.json"), dropped(out + "/dropped.json");
  folder.each([&](const LabelledPicture& picture) {
    ++selection.pictures;
    selection.failed += !picture.error.empty();
    for (const LabelledText& text : picture.texts) {
      SourceCounts& counts = selection.sources[text.source];
      ++counts.texts;
      Json row = row_of(picture, text.text, text.source);
      const std::string& error = picture.error.empty() ? text.error : picture.error;
      if (!error.empty()) {
        ++counts.failed;
        dropped.add(row.set("error", error));
        continue;
      }
      row.set("probability", text.probability);
      const bool keeps = may_keep(options, text) && text.probability > selection.threshold;
      counts.kept += keeps;
      (keeps ? kept : dropped).add(row);
    }
  });
  int64_t count = 0;
  for (const auto& [name, counts] : selection.sources) count += counts.kept;
  if (count == 0)
    throw DataError(str("every text of ", options.folder, " is dropped: no probability is above ",
                        selection.threshold),
                    "training needs pairs: --threshold or --keep decide how many are kept");
  if (!options.human.empty()) add_human_pairs(options, folder, kept, selection.sources["human"]);
  kept.close();
  dropped.close();
  replace_file(out + "/selection.json", selection.json().dump(1) + "\n");
  return selection;
}

}  // namespace medley::train
