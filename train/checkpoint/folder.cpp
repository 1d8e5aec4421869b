// Writing, finding and removing checkpoint folders.
#include "train/checkpoint/folder.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/checkpoint/manifest.h"
#include "train/io/checksum.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// -1 when the name is not one of a checkpoint.
int64_t step_of(const std::string& name) {
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return -1;
  int64_t step = -1;
  const char* last = name.data() + name.size();
  auto result = std::from_chars(name.data() + kPrefix.size(), last, step);
  return result.ptr == last ? step : -1;
}

bool is_partial(const std::string& name) {
  return name.starts_with(".step-") && name.ends_with(".partial");
}

std::string partial_path(const std::string& folder, int64_t step, const char* what) {
  return folder + "/." + fs::path(checkpoint_path(folder, step)).filename().string() + what;
}

uint64_t size_of_all(const std::vector<CheckpointFile>& files) {
  uint64_t bytes = 4096;
  for (const CheckpointFile& file : files)
    bytes += file.tensors.empty() ? file.text.size() : models::safetensors_size(file.tensors, {});
  return bytes;
}

ManifestEntry write_file(const std::string& folder, const CheckpointFile& content) {
  OutputFile file(folder + "/" + content.name, OutputFile::Mode::create);
  Checksum sum;
  ManifestEntry entry;
  entry.name = content.name;
  auto sink = [&](std::span<const char> bytes) {
    file.write({bytes.data(), bytes.size()});
    sum.add(bytes);
    entry.bytes += bytes.size();
  };
  if (content.tensors.empty())
    sink(content.text);
  else
    models::write_safetensors(content.tensors, {{"format", "pt"}}, sink);
  file.sync();
  file.close();
  entry.checksum = sum.hex();
  return entry;
}

bool is_valid(const std::string& path) {
  try {
    verify_checkpoint(path);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Renamed first: a crash in the middle of the removal leaves no half checkpoint under its name.
void remove_checkpoint(const std::string& folder, int64_t step) {
  std::string doomed = partial_path(folder, step, ".old.partial");
  rename_path(checkpoint_path(folder, step), doomed);
  remove_path(doomed);
}

void remove_older(const std::string& folder, int64_t step, int64_t keep) {
  std::vector<int64_t> older = checkpoint_steps(folder);
  std::erase_if(older, [&](int64_t s) { return s >= step; });
  for (size_t i = 0; i + static_cast<size_t>(keep) - 1 < older.size(); ++i)
    remove_checkpoint(folder, older[i]);
}

}  // namespace

std::string checkpoint_path(const std::string& folder, int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%06lld", static_cast<long long>(step));
  return folder + "/" + name;
}

std::vector<int64_t> checkpoint_steps(const std::string& folder) {
  std::vector<int64_t> steps;
  for (const std::string& name : list_folder(folder))
    if (int64_t step = step_of(name); step >= 0) steps.push_back(step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::string write_checkpoint(const std::string& folder, int64_t step,
                             const std::vector<CheckpointFile>& files, int64_t keep) {
  std::string path = checkpoint_path(folder, step);
  std::string partial = partial_path(folder, step, ".partial");
  const bool there = is_there(path);
  if (there && is_valid(path)) return path;
  make_folders(folder);
  require_space(folder, size_of_all(files));
  try {
    remove_path(partial);
    make_folders(partial);
    std::vector<ManifestEntry> entries;
    for (const CheckpointFile& file : files) entries.push_back(write_file(partial, file));
    write_file(partial, {"MANIFEST", {}, manifest_text(entries)});
    sync_folder(partial);
    if (there) remove_checkpoint(folder, step);
    rename_path(partial, path);
    sync_folder(folder);
  } catch (const IoError&) {
    std::error_code error;
    fs::remove_all(partial, error);
    throw;
  }
  try {
    remove_older(folder, step, keep);
  } catch (const IoError& failed) {
    warn(failed.what());  // the new checkpoint is safe: more of them than wanted do no harm
  }
  return path;
}

void verify_checkpoint(const std::string& path) {
  if (!is_there(path + "/MANIFEST"))
    throw CheckpointError(path + " is no checkpoint: it has no MANIFEST");
  for (const ManifestEntry& entry :
       parse_manifest(read_text(path + "/MANIFEST"), path + "/MANIFEST")) {
    std::string file = path + "/" + entry.name;
    std::error_code error;
    uint64_t bytes = fs::file_size(file, error);
    if (error) throw CheckpointError(file + " is missing");
    if (bytes != entry.bytes)
      throw CheckpointError(str(file, " has ", bytes, " bytes but ", entry.bytes, " were written"));
    std::string sum = file_checksum(file);
    if (sum != entry.checksum)
      throw CheckpointError(
          str(file, " is damaged: its checksum is ", sum, " but ", entry.checksum, " was written"));
  }
}

std::string latest_checkpoint(const std::string& folder) {
  std::vector<int64_t> steps = checkpoint_steps(folder);
  std::string skipped;
  for (size_t i = steps.size(); i-- > 0;) {
    std::string path = checkpoint_path(folder, steps[i]);
    try {
      verify_checkpoint(path);
      if (!skipped.empty()) warn(str(skipped, "; the one before it is used: ", path));
      return path;
    } catch (const Error& damaged) {  // a bad sector is an IoError
      skipped += (skipped.empty() ? "" : "; ") + std::string(damaged.what());
    }
  }
  if (!skipped.empty()) throw CheckpointError(folder + ": no checkpoint is intact: " + skipped);
  return "";
}

bool remove_all_but_latest(const std::string& folder) {
  const std::string latest = latest_checkpoint(folder);
  bool removed = false;
  for (const int64_t step : checkpoint_steps(folder)) {
    if (checkpoint_path(folder, step) == latest) break;
    remove_checkpoint(folder, step);
    removed = true;
  }
  return removed;
}

void remove_checkpoints_after(const std::string& folder, int64_t step) {
  for (const int64_t later : checkpoint_steps(folder))
    if (later > step) remove_path(checkpoint_path(folder, later));
}

void remove_partial_checkpoints(const std::string& folder) {
  for (const std::string& name : list_folder(folder))
    if (is_partial(name)) remove_path(folder + "/" + name);
}

}  // namespace medley::train
