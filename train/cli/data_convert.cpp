// medley data convert: any form becomes medley's list with a tar, or shards. The folder appears
// whole or not at all, and its bytes depend on the data alone.
#include <webp/encode.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "core/error.h"
#include "core/str.h"
#include "core/threads.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/decode.h"
#include "train/data/encode_png.h"
#include "train/data/list_file.h"
#include "train/data/open.h"
#include "train/data/resize.h"
#include "train/data/shard_writer.h"
#include "train/data/tar_writer.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr int64_t kAtOnce = 128;    // pictures in memory
constexpr float kWebpQuality = 95;  // of pictures that were lossy before

std::vector<uint8_t> encode_webp(const Image& image) {
  uint8_t* data = nullptr;
  const size_t size =
      WebPEncodeRGB(image.rgb.data(), static_cast<int>(image.width), static_cast<int>(image.height),
                    static_cast<int>(3 * image.width), kWebpQuality, &data);
  const std::vector<uint8_t> bytes(data, data + size);
  WebPFree(data);
  if (size == 0)
    throw ValueError(str("[image] WebP does not hold ", image.width, " x ", image.height));
  return bytes;
}

// The picture's own bytes, or where it is to shrink new ones: lossless if they were. Decoded in
// any case, so that no bad picture is written.
std::vector<uint8_t> picture_file(const Dataset& data, int64_t number, int64_t side) {
  std::vector<uint8_t> bytes = data.picture_bytes(number);
  const std::shared_ptr<const Image> image = data.picture(number);
  const int64_t shorter = std::min(image->width, image->height);
  const bool shrink = side > 0 && shorter > side;
  if (!bytes.empty() && !shrink) return bytes;
  const std::string form = bytes.empty() ? "" : picture_ending(bytes);
  const bool lossless = form != ".jpg" && form != ".webp" && form != ".avif";
  Image small;
  if (shrink)
    small = resize_bicubic(*image, image->width * side / shorter, image->height * side / shorter);
  const Image& kept = shrink ? small : *image;
  return lossless ? encode_png(kept.width, kept.height, 3, kept.rgb) : encode_webp(kept);
}

// Hands each picture's number and bytes to `write`, in order; several threads make them.
void each_picture(const Dataset& data, int64_t side,
                  const std::function<void(int64_t, const std::vector<uint8_t>&)>& write) {
  for (int64_t first = 0; first < data.pictures(); first += kAtOnce) {
    const int64_t count = std::min(kAtOnce, data.pictures() - first);
    std::vector<std::vector<uint8_t>> files(static_cast<size_t>(count));
    parallel_for(count, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i)
        files[static_cast<size_t>(i)] = picture_file(data, first + i, side);
    });
    for (int64_t i = 0; i < count; ++i) write(first + i, files[static_cast<size_t>(i)]);
  }
}

Json row_json(const Dataset& data, int64_t index, const std::vector<std::string>& names) {
  const Row row = data.row(index);
  Json json = Json::object(), pictures = Json::array();
  for (const int64_t picture : row.pictures) pictures.push(names[static_cast<size_t>(picture)]);
  json.set(data.kind() == RowKind::comparisons ? "images" : "image",
           row.pictures.size() == 1 ? pictures.items()[0] : pictures);
  if (data.kind() == RowKind::captions) {
    json.set("caption", row.text);
    Json references = Json::array();
    for (const std::string& reference : row.references) references.push(reference);
    if (!row.references.empty()) json.set("references", references);
    if (!row.id.empty()) json.set("image_id", row.id);
  } else if (data.kind() == RowKind::questions) {
    json.set("question", row.text);
    Json answers = Json::array();
    for (const Answer& answer : row.answers)
      answers.push(Json::object().set("answer", answer.text).set("weight", answer.weight));
    if (!row.answers.empty()) json.set("answer", answers);
    if (!row.id.empty()) json.set("question_id", row.id);
  } else {
    json.set("sentence", row.text);
    if (row.truth) json.set("label", *row.truth ? "True" : "False");
    if (!row.id.empty()) json.set("identifier", row.id);
  }
  return json;
}

void write_list(const Dataset& data, const std::string& folder, int64_t side) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  TarWriter tar(folder + "/images.tar");
  each_picture(data, side, [&](int64_t number, const std::vector<uint8_t>& bytes) {
    std::string stem = data.picture_name(number);
    std::replace(stem.begin(), stem.end(), '#', '-');  // of the frames of an animation
    stem = std::filesystem::path(stem).relative_path().lexically_normal().string();
    if (has_picture_name(stem)) stem.erase(stem.rfind('.'));
    std::string name = stem + picture_ending(bytes);
    for (int64_t n = 2; !taken.insert(name).second; ++n)
      name = str(stem, "-", n, picture_ending(bytes));
    tar.add(name, bytes);
    names.push_back(name);
  });
  tar.close();
  ListFile list(folder + "/list.json");
  for (int64_t i = 0; i < data.size(); ++i) list.add(row_json(data, i, names));
  list.close();
}

// Captions of each picture, references after them.
std::vector<std::vector<std::string>> captions_by_picture(const Dataset& data) {
  std::vector<std::vector<std::string>> captions(static_cast<size_t>(data.pictures()));
  for (int64_t i = 0; i < data.size(); ++i) {
    Row row = data.row(i);
    if (row.pictures.size() != 1)
      throw ConfigError("[convert] a shard has one picture for a row, and row " +
                            std::to_string(i) + " has several",
                        "write a list: --to list");
    auto& own = captions[static_cast<size_t>(row.pictures[0])];
    own.push_back(std::move(row.text));
    for (std::string& reference : row.references)
      if (std::find(own.begin(), own.end(), reference) == own.end())
        own.push_back(std::move(reference));
  }
  return captions;
}

void write_shards(const Dataset& data, const std::string& folder, int64_t side,
                  int64_t rows_per_shard) {
  if (data.kind() != RowKind::captions)
    throw ConfigError("[convert] shards hold captions alone", "write a list: --to list");
  const std::vector<std::vector<std::string>> captions = captions_by_picture(data);
  ShardWriter shards(folder, rows_per_shard);
  each_picture(data, side, [&](int64_t number, const std::vector<uint8_t>& bytes) {
    const std::vector<std::string>& texts = captions[static_cast<size_t>(number)];
    if (texts.size() == 1) return shards.add(bytes, texts[0]);
    Json list = Json::array();
    for (const std::string& text : texts) list.push(text);
    shards.add(bytes, Json::object().set("caption", list));
  });
  shards.end_shard();
}

}  // namespace

int data_convert(const DataConvertOptions& options) {
  const OpenedData opened =
      open_data(options.data, {.images = options.images, .columns = options.columns});
  write_whole_folder(options.out, [&](const std::string& folder) {
    make_folders(folder);
    if (options.to == "shards")
      write_shards(*opened.data, folder, options.side, options.rows_per_shard);
    else
      write_list(*opened.data, folder, options.side);
  });
  print(opened.summary());
  print(options.out + " has " + open_data(options.out).summary());
  return 0;
}

}  // namespace medley::train
