// Where the data of a configuration lies, and that which medley ships with.
#include <filesystem>

#include "core/env.h"
#include "core/error.h"
#include "train/config/config.h"
#include "train/data/open.h"

namespace medley::train {

namespace fs = std::filesystem;

namespace {

// Beside the source that the program was built from, else where it was installed.
std::string shipped(const char* name) {
  std::error_code error;
  const fs::path source = fs::path(MEDLEY_DATA_DIR).parent_path() / name;
  if (fs::is_directory(source, error)) return source.string();
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "share/medley" / name).string();
}

}  // namespace

std::string default_data_folder() {
  const std::string folder = env("MEDLEY_DATA");
  return folder.empty() ? shipped("picturebook") : folder;
}

std::string model_path(const std::string& name) {
  std::error_code error;
  return name == "demo" && !fs::exists(name, error) ? shipped("demo") : name;
}

std::string require_default_data() {
  std::string folder = default_data_folder();
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw IoError("the data folder " + folder + " is not there",
                  "give its place with the environment variable MEDLEY_DATA");
  return folder;
}

void make_paths_absolute(TrainConfig& config, const std::string& folder) {
  for (std::string* path : {&config.data.path, &config.data.images, &config.data.vocabulary})
    *path = absolute_data(*path, folder);
  // These may be something else than a path: a part of the data, a model by its name.
  for (std::string* path : {&config.data.val, &config.finetune.from}) {
    if (path->empty()) continue;
    const fs::path full = fs::absolute(fs::path(folder) / *path);
    std::error_code error;
    if (fs::exists(full, error)) *path = full.lexically_normal().string();
  }
}

}  // namespace medley::train
