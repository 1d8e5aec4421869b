// What a path holds is found from the outside in: braces, a folder's files, a file's first bytes.
#include "train/data/open.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/data/forms/shards.h"
#include "train/data/joined.h"
#include "train/data/tar.h"
#include "train/data/unpack.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// Rows that are looked at for where the pictures are: the first may name one that is not there.
constexpr size_t kTried = 20;
constexpr std::string_view kJoin = "::";

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

struct Place {
  std::unique_ptr<PictureFiles> files;
  std::string prefix;
};

std::optional<Place> find_there(const std::string& path, const NamedRows& rows) {
  Place place{open_pictures(path), ""};
  size_t tried = 0;
  for (const NamedRow& row : rows.rows) {
    if (row.pictures.empty()) continue;
    for (const char* end : {"", ".gif", ".webp"})
      if (const auto prefix = place.files->prefix_of(row.pictures[0] + end)) {
        place.prefix = *prefix;
        return place;
      }
    if (++tried == kTried) break;
  }
  return std::nullopt;
}

// Where the pictures are: where the user says, or beside the list.
Place find_pictures(const NamedRows& rows, const std::string& images) {
  if (!images.empty()) {
    std::optional<Place> place = find_there(images, rows);
    return place ? std::move(*place) : Place{open_pictures(images), ""};
  }
  const std::string folder = is_folder(rows.path) ? rows.path : folder_of(rows.path);
  std::string tried;
  for (const std::string& candidate :
       {folder + "/images.tar", folder, fs::absolute(folder + "/..").lexically_normal().string()}) {
    if (!is_folder(candidate) && !is_file(candidate)) continue;
    if (std::optional<Place> place = find_there(candidate, rows)) return std::move(*place);
    tried += (tried.empty() ? "" : ", ") + candidate;
  }
  const auto first = std::find_if(rows.rows.begin(), rows.rows.end(),
                                  [](const NamedRow& row) { return !row.pictures.empty(); });
  if (first == rows.rows.end())
    throw DataError(str("[data] no row of ", rows.path, " can be read: ", rows.rows[0].row.error));
  throw DataError(str("[data] ", rows.place(first->number), ", field '", rows.image, "': '",
                      first->pictures[0], "' is in none of ", tried),
                  "say with --images (data.images) which folder or tar has the pictures");
}

NamedRows read_list(const std::string& path, const std::string& split, const DataOptions& options,
                    Findings& findings) {
  const std::string text = as_utf8(read_text(path));
  if (const Packing packing = packing_of(text); packing != Packing::none)
    throw DataError(str("[data] ", path, " is ", name_of(packing), ", not a list"),
                    packing == Packing::zip ? "unpack it into a folder: `unzip`"
                                            : "unpack it, or call it .tar.gz or .tar.zst if it "
                                              "holds pictures and texts in pairs");
  std::optional<NamedRows> table = read_table(path, text, options, findings);
  if (!table) return read_json_object(path, text, split, findings);
  if (!split.empty())
    throw DataError(str("[data] ", path, " has no splits, so there is no '", split, "'"));
  return std::move(*table);
}

// The lists of a folder: not the answers that lie beside their questions.
std::vector<std::string> lists_in(const std::string& folder) {
  std::vector<std::string> lists, questions;
  for (const std::string& name : list_folder(folder)) {
    for (const char* end : {".json", ".jsonl", ".csv", ".tsv"})
      if (name.ends_with(end)) lists.push_back(name);
    if (name.ends_with("questions.json")) questions.push_back(name);
  }
  return questions.empty() ? lists : questions;
}

std::vector<std::string> shards_in(const std::string& folder) {
  std::vector<std::string> shards;
  for (const std::string& name : list_folder(folder))
    if (is_tar_name(name) && !name.starts_with("images.tar")) shards.push_back(folder + "/" + name);
  return shards;
}

// Numbers between those of two shards that follow one another.
void note_gaps(const std::vector<std::string>& shards, Findings& findings) {
  const auto number_at = [](const std::string& path) {
    const size_t last = path.find_last_of("0123456789");
    return last == path.npos ? last : path.find_last_not_of("0123456789", last) + 1;
  };
  for (size_t i = 1; i < shards.size(); ++i) {
    const std::string &before = shards[i - 1], &after = shards[i];
    const size_t at = number_at(after);
    if (at == after.npos || at != number_at(before) || before.size() != after.size() ||
        before.compare(0, at, after, 0, at) != 0)
      continue;
    if (std::stod(after.substr(at)) > std::stod(before.substr(at)) + 1)
      findings.leave_out("shards that the numbers skip", "between " + before + " and " + after);
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

NamedRows read_folder(const std::string& path, const DataOptions& options, Findings& findings) {
  for (const char* name : {"metadata.jsonl", "metadata.csv"})
    if (const std::string list = path + "/" + name; is_file(list)) {
      NamedRows rows = read_list(list, "", options, findings);
      rows.form = str("picture folder with ", name);
      return rows;
    }
  const std::vector<std::string> lists = lists_in(path);
  if (lists.size() == 1) return read_list(path + "/" + lists[0], "", options, findings);
  if (lists.size() > 1)
    throw DataError(str("[data] the folder ", path, " has several lists: ", joined(lists)),
                    "name the one that you mean: " + path + "/" + lists[0]);
  NamedRows rows = read_captioned_folder(path, options, findings);
  if (rows.rows.empty())
    throw DataError(str("[data] the folder ", path, " holds no captions"),
                    "it needs a metadata.jsonl or metadata.csv, a list, tar shards, or a text "
                    "beside each picture: docs/data.md has the forms");
  return rows;
}

std::string counted(int64_t count, const char* one, const char* many) {
  return str(with_commas(count), " ", count == 1 ? one : many);
}

std::string count_rows(const Dataset& data) {
  int64_t answered = 0, frames = 0;
  std::unordered_set<int64_t> videos;  // by their first frames
  for (int64_t i = 0; i < data.size(); ++i) {
    const Row row = data.row(i);
    answered += !row.answers.empty();
    if (row.pictures.size() > 1 && videos.insert(row.pictures[0]).second)
      frames += static_cast<int64_t>(row.pictures.size());
  }
  const std::string pictures = counted(data.pictures(), "picture", "pictures");
  if (data.kind() == RowKind::comparisons)
    return counted(data.size(), "sentence", "sentences") + " about " + pictures;
  if (data.kind() == RowKind::questions)
    return counted(data.size(), "question", "questions") + " about " + pictures +
           (answered < data.size() ? ", answers known to " + with_commas(answered) : "");
  const std::string captions = counted(data.size(), "caption", "captions") + " of ";
  if (videos.empty()) return captions + pictures;
  const int64_t alone = data.pictures() - frames;
  return captions + (alone > 0 ? counted(alone, "picture", "pictures") + " and " : "") +
         counted(static_cast<int64_t>(videos.size()), "video", "videos") +
         str(" (", with_commas(frames), " frames)");
}

OpenedData open_rows(NamedRows rows, const DataOptions& options, Findings& findings) {
  if (rows.rows.empty()) throw DataError(str("[data] ", rows.path, " has no rows"));
  OpenedData opened;
  opened.form = rows.form;
  Place place = find_pictures(rows, options.images);
  opened.images = place.files->path();
  opened.data =
      make_row_dataset(std::move(rows), std::move(place.files), place.prefix, options, findings);
  opened.counts = count_rows(*opened.data);
  return opened;
}

OpenedData open_tars(const std::vector<std::string>& paths, const DataOptions& options,
                     Findings& findings) {
  OpenedData opened;
  opened.form = "WebDataset shards";
  opened.data = open_shards(paths, options, findings);
  opened.counts = counted(opened.data->size(), "caption", "captions") + " of " +
                  counted(opened.data->pictures(), "picture", "pictures") + " in " +
                  counted(static_cast<int64_t>(paths.size()), "shard", "shards");
  return opened;
}

// Of a path that names shards, those; else none.
std::vector<std::string> shards_of(const std::string& path) {
  if (is_tar_name(path)) return expand_braces(path);
  return is_folder(path) ? shards_in(path) : std::vector<std::string>();
}

OpenedData open_list(const std::string& path, const DataOptions& options, Findings& findings) {
  std::string file = path, split;
  if (const size_t hash = path.rfind('#'); hash != path.npos && !fs::exists(path)) {
    file = path.substr(0, hash);
    split = path.substr(hash + 1);
  }
  return open_rows(is_folder(file) ? read_folder(file, options, findings)
                                   : read_list(file, split, options, findings),
                   options, findings);
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at != path.npos;) {
    const size_t end = path.find(kJoin, at);
    parts.emplace_back(path.substr(at, end - at));
    at = end == path.npos ? end : end + kJoin.size();
  }
  return parts;
}

// Folder or tar of the pictures of each part.
std::vector<std::string> images_of(const std::string& images, size_t parts) {
  std::vector<std::string> own = parts_of(images);
  if (own.size() == 1) own.resize(parts, own[0]);
  if (own.size() != parts)
    throw ConfigError(
        str("the data has ", parts, " parts and their pictures ", own.size(), ": ", images),
        "name one folder or tar for all of them, or one for each part (of shards an "
        "empty one)");
  return own;
}

OpenedData join(std::vector<OpenedData> opened) {
  if (opened.size() == 1) return std::move(opened[0]);
  OpenedData all;
  std::vector<std::shared_ptr<const Dataset>> parts;
  all.images = opened[0].images;
  for (OpenedData& part : opened) {
    if (part.images != all.images) all.images.clear();
    all.form += (parts.empty() ? "" : " + ") + part.form;
    all.counts += (parts.empty() ? "" : " + ") + part.counts;
    parts.push_back(std::move(part.data));
  }
  all.data = std::make_unique<JoinedDataset>(std::move(parts));
  return all;
}

// Shards of parts that follow one another are one data set.
OpenedData open_parts(const std::string& path, const DataOptions& options, Findings& findings) {
  const std::vector<std::string> parts = parts_of(path);
  const std::vector<std::string> images = images_of(options.images, parts.size());
  std::vector<OpenedData> opened;
  std::vector<std::string> shards;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::vector<std::string> own = shards_of(parts[i]);
    if (own.empty()) {
      DataOptions of_part = options;
      of_part.images = images[i];
      opened.push_back(open_list(parts[i], of_part, findings));
      continue;
    }
    if (is_folder(parts[i])) note_gaps(own, findings);
    shards.insert(shards.end(), own.begin(), own.end());
    if (i + 1 < parts.size() && !shards_of(parts[i + 1]).empty()) continue;
    opened.push_back(open_tars(std::exchange(shards, {}), options, findings));
  }
  return join(std::move(opened));
}

}  // namespace

OpenedData open_data(const std::string& path, const DataOptions& options) {
  Findings own(false);
  Findings& findings = options.findings ? *options.findings : own;
  OpenedData opened = open_parts(path, options, findings);
  for (const auto& [kind, found] : findings.kinds())
    if (!found.fatal)
      opened.left_out +=
          str(opened.left_out.empty() ? "" : ", ", kind, " (", with_commas(found.count), ")");
  if (opened.data->size() == 0) throw DataError(str("[data] ", path, " has no rows"));
  return opened;
}

std::string absolute_data(const std::string& path, const std::string& folder) {
  std::string all;
  bool first = true;
  for (const std::string& part : parts_of(path)) {
    if (!std::exchange(first, false)) all += kJoin;
    if (!part.empty()) all += fs::absolute(fs::path(folder) / part).lexically_normal().string();
  }
  return all;
}

std::string OpenedData::summary() const {
  return form + ": " + counts + (left_out.empty() ? "" : "; left out: " + left_out);
}

}  // namespace medley::train
