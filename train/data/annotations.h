// Annotation lists in BLIP's form: a JSON list of objects with "image", "caption" and optional
// "references" (a list of other right texts). Further fields are left alone.
#pragma once

#include <string>
#include <vector>

namespace medley::train {

struct Annotation {
  std::string image, caption;
  std::vector<std::string> references;
};

// Throws IoError; DataError with file, row (counted from 0) and field for a field that is missing,
// of the wrong type, or a caption of which cleaning leaves nothing.
std::vector<Annotation> read_annotations(const std::string& path);

}  // namespace medley::train
