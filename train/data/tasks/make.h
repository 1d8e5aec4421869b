// Data sets of tasks whose truth is known, made of the pictures that medley ships with
// (docs/tasks.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/data/tasks/task_folder.h"

namespace medley::train {

struct MakeOptions {
  std::string task;                   // vqa, nlvr, captions, web, classify
  std::string from = "scenes";        // or picturebook
  std::string out;                    // folder that is not there yet
  std::optional<int64_t> count = {};  // scenes only: rows of train.json
  std::optional<int64_t> seed = {};   // scenes only; 1
};

// Writes the folder, or nothing. The same options give the same bytes. Throws ConfigError for a
// task that this source cannot give, IoError when `out` is there already.
std::vector<ListSummary> make_task(const MakeOptions& options);

// Its two halves: rows and pictures from each source; `data` is picturebook's folder.
void fill_from_scenes(const std::string& task, std::optional<int64_t> count, uint64_t seed,
                      const std::string& data, TaskFolder& folder);
void fill_from_picturebook(const std::string& task, const std::string& data, TaskFolder& folder);

}  // namespace medley::train
