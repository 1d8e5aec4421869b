// What a report shows of a run: its figures, and pictures of its test splits that the model
// captions, searches and looks at.
#pragma once

#include "core/json.h"
#include "train/loop/run_folder.h"
#include "train/pipeline/load_model.h"
#include "train/report/report.h"

namespace medley::train {

// `summary` is the content of metrics.json.
ReportData collect_report(const RunFolder& run, LoadedModel& loaded, const Json& summary);

}  // namespace medley::train
