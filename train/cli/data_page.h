// A page that shows rows of a data set as training gets them.
#pragma once

#include <string>

#include "train/data/dataset.h"

namespace medley::train {

// HTML with the pictures inside it: rows at equal distances, with their texts and answers.
std::string data_page(const std::string& title, const Dataset& data);

}  // namespace medley::train
