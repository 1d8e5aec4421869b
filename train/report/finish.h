// The end of a run: evaluation, metrics.json, report.html.
#pragma once

#include <exception>
#include <string>

#include "core/json.h"
#include "train/loop/run_folder.h"
#include "train/loop/trainer.h"
#include "train/pipeline/load_model.h"

namespace medley::train {

struct FinishedRun {
  Json summary;
  std::exception_ptr problem;  // of the first split that cannot be evaluated
};
// {"config", "seed", "parameters", "train": {...}, "eval": {"<split>": {...}}, "machine": {...}};
// written to metrics.json. Reads the run's newest checkpoint. A split that cannot be evaluated has
// its reason under "problems", and the others have their figures.
FinishedRun finish_run(const RunFolder& run, const TrainOutcome& outcome, Device device);
// Writes report.html anew from metrics.json, metrics.jsonl and the newest checkpoint. Returns its
// path.
std::string write_report(const RunFolder& run);

int64_t parameter_count(const FlatArena& weights);

}  // namespace medley::train
