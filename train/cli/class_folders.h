// Pictures in folders that are named after their classes, as torchvision's ImageFolder takes them.
#pragma once

#include <memory>
#include <string>

#include "train/data/dataset.h"

namespace medley::train {

// cats/1.png, dogs/2.jpg and dogs/old/3.jpg below `path` are rows "cats", "dogs" and "dogs". Null
// where `path` is something else: no folder, or one with a file beside the folders. Throws IoError
// when the folders hold no pictures.
std::unique_ptr<Dataset> open_class_folders(const std::string& path);

}  // namespace medley::train
