// Where the data that medley ships with lies.
#include <filesystem>

#include "core/env.h"
#include "core/error.h"
#include "train/config/config.h"

namespace medley::train {

namespace fs = std::filesystem;

std::string default_data_folder() {
  if (std::string folder = env("MEDLEY_DATA"); !folder.empty()) return folder;
  std::error_code error;
  if (fs::is_directory(MEDLEY_DATA_DIR, error)) return MEDLEY_DATA_DIR;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "share/medley/picturebook").string();
}

std::string data_folder(const TrainConfig& config) {
  bool own = !config.data.folder.empty();
  std::string folder = own ? config.data.folder : default_data_folder();
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw IoError("the data folder " + folder + " is not there",
                  own ? "correct data.folder in the configuration"
                      : "give its place with data.folder or the environment variable MEDLEY_DATA");
  return folder;
}

}  // namespace medley::train
