// Streams the labels twice: for the threshold, and for what is kept and dropped.
#include <filesystem>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "train/capfilt/capfilt.h"
#include "train/capfilt/claims.h"
#include "train/data/encode_png.h"
#include "train/data/list_file.h"
#include "train/data/shard_writer.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

// All that a selection is made from.
Json provenance_of(const SelectOptions& options, const LabelFolder& folder) {
  Json asked = options.keep ? Json::object().set("keep", *options.keep)
                            : Json::object().set("threshold", options.threshold);
  asked.set("web", options.web)
      .set("synthetic", options.synthetic)
      .set("human", absolute_data(options.human))
      .set("images", absolute_data(options.images));
  if (!options.shards.empty()) asked.set("rows_per_shard", options.rows_per_shard);
  return asked.set("labels", folder.settings());
}

Json row_of(const std::string& image, const std::string& id, const std::string& text,
            const std::string& source) {
  Json row = Json::object().set("image", image).set("caption", text);
  if (!id.empty()) row.set("image_id", id);
  return row.set("source", source);
}

// A frame of an animation has no file: it becomes a PNG.
std::vector<uint8_t> picture_file(const Dataset& data, int64_t number) {
  std::vector<uint8_t> bytes = data.picture_bytes(number);
  if (!bytes.empty()) return bytes;
  const std::shared_ptr<const Image> image = data.picture(number);
  return encode_png(image->width, image->height, 3, image->rgb);
}

// Where the texts go that are kept: a list, or shards with their pictures.
class KeptTexts {
 public:
  KeptTexts(const SelectOptions& options, const LabelFolder& folder, const std::string& to) {
    if (options.shards.empty()) {
      list_.emplace(to + "/bootstrapped.json");
    } else {
      shards_.emplace(to, options.rows_per_shard);
      web_ = folder.open_web();
    }
  }

  // Each text is a row of BLIP's list. Those of a picture of the web:
  void add_web(const LabelledPicture& picture, const std::vector<Json>& rows) {
    if (list_ || rows.empty()) return add(rows, nullptr, 0);
    const int64_t number = web_->row(picture.row).pictures.at(0);
    if (web_->picture_name(number) != picture.image)
      throw DataError(str("[data] picture ", number, " was ", picture.image,
                          " when it was labelled, and now is ", web_->picture_name(number)));
    add(rows, web_.get(), number);
  }
  // Those of picture `number` of `data`, which a list does not ask for.
  void add(const std::vector<Json>& rows, const Dataset* data, int64_t number) {
    if (list_) {
      for (const Json& row : rows) list_->add(row);
    } else if (!rows.empty()) {
      const std::vector<uint8_t> bytes = picture_file(*data, number);
      for (const Json& row : rows) shards_->add(bytes, row);
    }
  }
  void end_source() {
    if (shards_) shards_->end_shard();
  }
  void close() {
    if (list_) list_->close();
  }

 private:
  std::optional<ListFile> list_;
  std::optional<ShardWriter> shards_;
  std::unique_ptr<Dataset> web_;
};

// The pictures of a list are in one place; which?
std::string place_of_web(const LabelFolder& folder) {
  Findings findings(true);
  const OpenedData web = open_web(folder.settings().at("data").text(),
                                  folder.settings().at("images").text(), findings);
  if (web.images.empty())
    throw ConfigError("the pictures of " + folder.settings().at("data").text() +
                          " are in several places or in shards, and one list cannot name them",
                      "write them into shards, with their texts: --shards FOLDER");
  return web.images;
}

void require_picture(const PictureFiles& files, const std::string& name,
                     const SelectOptions& options) {
  if (files.contains(name) || files.prefix_of(name)) return;
  throw DataError(str("[data] ", options.human, ": ", files.path(), " has no '", name,
                      "', and one list cannot name pictures of two places"),
                  str("write all of them into shards, --shards FOLDER; or leave out --human and "
                      "train on two lists: --data ",
                      options.folder, "/bootstrapped.json::", options.human));
}

class Selector {
 public:
  Selector(const SelectOptions& options, const LabelFolder& folder)
      : options_(options), folder_(folder) {
    selection_.threshold = threshold_of(options, folder);
  }

  // Into the folder `to`.
  Selection write(const std::string& to) {
    const std::string place = options_.shards.empty() ? place_of_web(folder_) : "";
    KeptTexts kept(options_, folder_, to);
    ListFile dropped(to + "/dropped.json");
    folder_.each([&](const LabelledPicture& picture) { divide(picture, kept, dropped); });
    int64_t count = 0;
    for (const auto& [name, counts] : selection_.sources) count += counts.kept;
    if (count == 0)
      throw DataError(str("every text of ", folder_.path(), " is dropped: no probability is above ",
                          selection_.threshold),
                      "training needs pairs: --threshold or --keep decide how many are kept");
    kept.end_source();
    if (!options_.human.empty()) add_human_pairs(kept, place);
    kept.end_source();
    kept.close();
    dropped.close();
    replace_file(
        to + "/selection.json",
        selection_.json().set("made_from", provenance_of(options_, folder_)).dump(1) + "\n");
    return selection_;
  }

 private:
  void divide(const LabelledPicture& picture, KeptTexts& kept, ListFile& dropped) {
    ++selection_.pictures;
    selection_.failed += !picture.error.empty();
    std::vector<Json> rows;
    for (const LabelledText& text : picture.texts) {
      SourceCounts& counts = selection_.sources[text.source];
      ++counts.texts;
      Json row = row_of(picture.image, picture.id, text.text, text.source);
      const std::string& error = picture.error.empty() ? text.error : picture.error;
      if (!error.empty()) {
        ++counts.failed;
        dropped.add(row.set("error", error));
        continue;
      }
      row.set("probability", text.probability);
      if (options_.may_keep(text) && text.probability > selection_.threshold)
        rows.push_back(row);
      else
        dropped.add(row);
    }
    for (const Json& row : rows) ++selection_.sources[row.at("source").text()].kept;
    kept.add_web(picture, rows);
  }

  // Further right texts of a picture are pairs too.
  void add_human_pairs(KeptTexts& kept, const std::string& place) {
    const OpenedData human =
        open_data(options_.human, {.images = options_.images, .keep_pictures = false});
    const Dataset& data = *human.data;
    const std::unique_ptr<PictureFiles> files = place.empty() ? nullptr : open_pictures(place);
    SourceCounts& counts = selection_.sources["human"];
    std::vector<Json> rows;  // of one picture
    for (int64_t i = 0; i < data.size(); ++i) {
      const Row row = data.row(i);
      const int64_t picture = row.pictures.at(0);
      const std::string name = data.picture_name(picture);
      if (files) require_picture(*files, name, options_);
      rows.push_back(row_of(name, row.id, row.text, "human"));
      for (const std::string& text : row.references)
        rows.push_back(row_of(name, row.id, text, "human"));
      if (i + 1 < data.size() && data.row(i + 1).pictures.at(0) == picture) continue;
      kept.add(rows, &data, picture);
      counts.texts += static_cast<int64_t>(rows.size());
      rows.clear();
    }
    counts.kept = counts.texts;
  }

  const SelectOptions& options_;
  const LabelFolder& folder_;
  Selection selection_;
};

}  // namespace

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

Selection Selection::parse(const Json& json) {
  Selection selection;
  selection.threshold = json.at("threshold").number();
  selection.pictures = json.at("pictures").integer();
  selection.failed = json.at("failed_pictures").integer();
  for (const auto& [name, counts] : json.at("sources").members())
    selection.sources[name] = {counts.at("texts").integer(), counts.at("kept").integer(),
                               counts.at("failed").integer()};
  return selection;
}

Selection select(const SelectOptions& options) {
  const LabelFolder folder = LabelFolder::open(options.folder);
  const Claims alone(folder.path() + "/labels", false);
  if (options.shards.empty()) {
    make_folders(options.list_folder());
    return Selector(options, folder).write(options.list_folder());
  }
  if (std::error_code error; std::filesystem::exists(options.shards, error)) {
    const Json there = Json::read(options.shards + "/selection.json");
    require_same_settings(options.shards, there.at("made_from"), provenance_of(options, folder));
    return Selection::parse(there);
  }
  Selection selection;
  write_whole_folder(options.shards, [&](const std::string& partial) {
    make_folders(partial);
    selection = Selector(options, folder).write(partial);
  });
  return selection;
}

}  // namespace medley::train
