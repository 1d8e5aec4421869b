// Lists the pictures below each folder.
#include "train/cli/class_folders.h"

#include <filesystem>
#include <vector>

#include "train/cli/pictures.h"
#include "train/data/decode.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

class ClassFolders : public Dataset {
 public:
  explicit ClassFolders(const std::string& folder)
      : folder_(folder), files_(picture_files({folder}, true)) {}

  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  Row row(int64_t index) const override {
    Row row;
    row.text = fs::path(picture_name(index)).begin()->string();
    row.pictures = {index};
    return row;
  }
  int64_t pictures() const override { return size(); }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return std::make_shared<const Image>(read_image(file(number)));
  }
  std::string picture_name(int64_t number) const override {
    return fs::path(file(number)).lexically_relative(folder_).string();
  }

 private:
  const std::string& file(int64_t number) const { return files_.at(static_cast<size_t>(number)); }

  std::string folder_;
  std::vector<std::string> files_;
};

}  // namespace

std::unique_ptr<Dataset> open_class_folders(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return nullptr;
  for (const std::string& name : list_folder(path))
    if (!name.starts_with('.') && !fs::is_directory(path + "/" + name, error)) return nullptr;
  return std::make_unique<ClassFolders>(path);
}

}  // namespace medley::train
