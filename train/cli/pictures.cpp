// Lists and reads pictures.
#include "train/cli/pictures.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>

#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/stopwatch.h"
#include "train/data/picture_files.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// The pictures of a folder. `left_out` gets its other files.
void add_folder(const std::string& folder, bool recursive, std::vector<std::string>& files,
                std::vector<std::string>& left_out) {
  for (const std::string& name : list_folder(folder)) {
    const std::string path = folder + "/" + name;
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    if (is_folder && recursive && !fs::is_symlink(path, error))
      add_folder(path, recursive, files, left_out);
    else if (has_picture_name(name))
      files.push_back(path);
    else if (!is_folder)
      left_out.push_back(name);
  }
}

void tell_left_out(const std::vector<std::string>& names, const std::string& folder) {
  if (names.empty()) return;
  constexpr size_t kShown = 5;
  std::string some;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) some += (i ? ", " : "") + names[i];
  info(str(names.size(), names.size() == 1 ? " file of " : " files of ", folder,
           " left out, as no pictures by their ending: ", some,
           names.size() > kShown ? ", ..." : ""));
}

// [1, 3, S, S] of each picture -> [B, 3, S, S]
Tensor stacked(const std::vector<Tensor>& pictures) {
  std::vector<Tensor> rows;
  for (const Tensor& picture : pictures) rows.push_back(picture.view({1, picture.elements()}));
  const Tensor& first = pictures.front();
  return autograd::concat_rows(rows).view(
      {static_cast<int64_t>(rows.size()), first.size(1), first.size(2), first.size(3)});
}

// What is to be known of the pictures that were read: a line for each note, with the first of them.
class NoteCounts {
 public:
  void add(const Image& image, const std::string& file) {
    for (const std::string_view note : image.notes)
      ++counts_.try_emplace(note, file, 0).first->second.second;
  }
  void tell() const {
    for (const auto& [note, first] : counts_) {
      const auto& [file, count] = first;
      const std::string more = count > 1 ? str(" (and ", count - 1, " more)") : "";
      log(note == notes::kTurned ? LogLevel::info : LogLevel::warn, str(file, " ", note, more));
    }
  }

 private:
  std::map<std::string_view, std::pair<std::string, int64_t>> counts_;
};

}  // namespace

std::vector<std::string> picture_files(const std::vector<std::string>& arguments, bool recursive) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      for (std::string line; std::getline(std::cin, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) files.push_back(line);
      }
    } else if (fs::is_directory(argument, error)) {
      std::vector<std::string> left_out;
      add_folder(argument, recursive, files, left_out);
      tell_left_out(left_out, argument);
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty())
    throw IoError(
        str("there are no pictures in '", arguments.front(), "'",
            arguments.size() > 1 ? " and the others" : ""),
        "name pictures, folders that hold some, or - for a list of paths on standard input");
  return files;
}

std::vector<PictureError> for_each_batch(
    const std::vector<std::string>& files, int64_t batch, const Pipeline& blip,
    const PictureOptions& options,
    const std::function<void(const std::vector<std::string>&, const Tensor&, double)>& use) {
  std::vector<PictureError> errors;
  NoteCounts notes;
  const auto step = static_cast<size_t>(batch);
  for (size_t begin = 0; begin < files.size(); begin += step) {
    const Stopwatch watch;
    std::vector<std::string> good;
    std::vector<Tensor> pixels;  // of each: a large picture is in memory only while it is shrunk
    for (size_t i = begin; i < std::min(begin + step, files.size()); ++i) {
      try {
        Image image = read_image(files[i], options);
        notes.add(image, files[i]);
        std::vector<Picture> one;  // a list in braces would copy it
        one.emplace_back(std::move(image));
        pixels.push_back(blip.pixels(one));
        good.push_back(files[i]);
      } catch (const Error& error) {
        errors.push_back({files[i], error.what(), error.exit_code()});
      }
    }
    if (good.empty()) continue;
    use(good, stacked(pixels), watch.milliseconds());
  }
  notes.tell();
  return errors;
}

int report_pictures(const std::vector<PictureError>& errors) {
  std::fflush(stdout);
  for (const PictureError& error : errors)
    std::fprintf(stderr, "error: %s\n", error.message.c_str());
  return errors.empty() ? 0 : errors.front().exit_code;
}

}  // namespace medley::train
