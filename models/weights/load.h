// Puts the tensors of weight files into the arenas of a model, by the original's names, and reports
// what did not fit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/arena.h"
#include "models/weights/weight_files.h"

namespace medley::models {

struct LoadOptions {
  // First parts of the names that are wanted of the arenas; empty: all of them. A captioner is
  // {"visual_encoder.", "text_decoder."}.
  std::vector<std::string> parts;
  bool allow_missing = false;      // what is not there keeps its value
  bool allow_unexpected = false;   // what nobody knows is left out
  bool allow_other_shape = false;  // what has another shape is left out
  bool allow_fewer_rows = false;   // of words and positions: the further ones keep their values
  bool allow_untied = false;       // of names that share memory here the parameter's own counts
  // Names that may take the place of one that is not there, the best first (related_names()).
  std::function<std::vector<std::string>(const std::string& name)> stand_ins = {};
};

struct LoadReport {
  size_t loaded = 0;                     // tensors of the arenas, tied ones once
  std::vector<std::string> missing;      // no name of that memory is in the files
  std::vector<std::string> unexpected;   // belongs to no wanted parameter
  std::vector<std::string> other_shape;  // with both shapes
  std::vector<std::string> resized;      // position embeddings of another picture size
  std::vector<std::string> fewer_rows;   // with both shapes
  std::vector<std::string> untied;       // names whose tensors were left out: they differ here
  std::vector<std::string> stood_in;     // parameters that another name's tensor was taken for
  std::vector<std::string> ignored;      // position_ids, a constant of old files

  // Lines for a person; at most `most` names of each kind.
  std::string text(size_t most = 10) const;
};

// Floats are converted to the arenas' type. Names that share memory may stand in the files once or
// more often; when their values differ that is an error. Throws DataError with the report, before
// anything is changed, for what the options do not allow.
LoadReport load_weights(WeightFiles& files, const std::vector<const FlatArena*>& arenas,
                        const LoadOptions& options = {});

}  // namespace medley::models
