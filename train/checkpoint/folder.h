// Checkpoint folders that a crash cannot spoil: `checkpoints/step-000123/` appears whole or not at
// all. It is written as `.step-000123.partial`, every file synced, its MANIFEST (sizes and XXH3 of
// all files, and of itself) last, then renamed. A folder without a valid MANIFEST is no checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/weights/safetensors.h"

namespace medley::train {

struct CheckpointFile {
  std::string name;
  std::vector<models::NamedTensor> tensors;  // a safetensors file of these,
  std::string text;                          // or, when there are none, this text
};

// Writes a checkpoint and removes older ones, so that `keep` remain. A valid one of the same step
// is left as it is. Returns its path. Throws IoError; what was there before is untouched then.
std::string write_checkpoint(const std::string& folder, int64_t step,
                             const std::vector<CheckpointFile>& files, int64_t keep);

// Throws CheckpointError that says which file is damaged and how.
void verify_checkpoint(const std::string& path);

// Steps that have a folder, ascending, valid or not.
std::vector<int64_t> checkpoint_steps(const std::string& folder);
std::string checkpoint_path(const std::string& folder, int64_t step);

// The newest valid checkpoint of a folder, "" when there is none; warns about each newer one that
// is damaged.
std::string latest_checkpoint(const std::string& folder);

// Makes room: older ones than the newest valid one go. False when there is none older.
bool remove_all_but_latest(const std::string& folder);

// Those of later steps than `step`: a resumed run takes these steps again.
void remove_checkpoints_after(const std::string& folder, int64_t step);

// Leftovers of a run that died while writing.
void remove_partial_checkpoints(const std::string& folder);

}  // namespace medley::train
