// Lists and reads pictures.
#include "train/cli/pictures.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "core/error.h"
#include "core/str.h"
#include "train/cli/stopwatch.h"
#include "train/data/decode.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

bool is_picture(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".webp";
}

void add_folder(const std::string& folder, bool recursive, std::vector<std::string>& files) {
  for (const std::string& name : list_folder(folder)) {
    const std::string path = folder + "/" + name;
    std::error_code error;
    if (recursive && fs::is_directory(path, error) && !fs::is_symlink(path, error))
      add_folder(path, recursive, files);
    else if (is_picture(name))
      files.push_back(path);
  }
}

}  // namespace

std::vector<std::string> picture_files(const std::vector<std::string>& arguments, bool recursive) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      for (std::string line; std::getline(std::cin, line);)
        if (!line.empty()) files.push_back(line);
    } else if (fs::is_directory(argument, error)) {
      add_folder(argument, recursive, files);
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty())
    throw IoError(str("there are no pictures in '", arguments.front(), "'",
                      arguments.size() > 1 ? " and the others" : ""),
                  "name PNG, JPEG or WebP files, folders that hold some, or - for a list of paths "
                  "on standard input");
  return files;
}

std::vector<PictureError> for_each_batch(
    const std::vector<std::string>& files, int64_t batch, const Pipeline& blip,
    const std::function<void(const std::vector<std::string>&, const Tensor&, double)>& use) {
  std::vector<PictureError> errors;
  const auto step = static_cast<size_t>(batch);
  for (size_t begin = 0; begin < files.size(); begin += step) {
    const Stopwatch watch;
    std::vector<std::string> good;
    std::vector<Picture> pictures;
    for (size_t i = begin; i < std::min(begin + step, files.size()); ++i) {
      try {
        pictures.emplace_back(read_image(files[i]));
        good.push_back(files[i]);
      } catch (const Error& error) {
        errors.push_back({files[i], error.what(), error.exit_code()});
      }
    }
    if (good.empty()) continue;
    const Tensor pixels = blip.pixels(pictures);
    use(good, pixels, watch.milliseconds());
  }
  return errors;
}

int report_pictures(const std::vector<PictureError>& errors) {
  std::fflush(stdout);
  for (const PictureError& error : errors)
    std::fprintf(stderr, "error: %s\n", error.message.c_str());
  return errors.empty() ? 0 : errors.front().exit_code;
}

}  // namespace medley::train
