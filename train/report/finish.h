// The end of a run: evaluation, metrics.json, report.html.
#pragma once

#include <string>

#include "core/json.h"
#include "train/loop/run_folder.h"
#include "train/loop/trainer.h"
#include "train/pipeline/load_model.h"

namespace medley::train {

// {"config", "seed", "parameters", "train": {...}, "eval": {"<split>": {...}}, "machine": {...}};
// written to metrics.json. Reads the run's newest checkpoint.
Json finish_run(const RunFolder& run, const TrainOutcome& outcome, Device device);
// Writes report.html anew from metrics.json, metrics.jsonl and the newest checkpoint. Returns its
// path.
std::string write_report(const RunFolder& run);

int64_t parameter_count(const FlatArena& weights);

}  // namespace medley::train
