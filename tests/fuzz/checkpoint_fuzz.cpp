// Any bytes as a MANIFEST, as metrics, and as the numbers of a state.json.
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "models/objectives/objective.h"
#include "tests/fuzz/memory_file.h"
#include "train/checkpoint/manifest.h"
#include "train/loop/metrics.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace medley::train;
  medley::set_log_level(medley::LogLevel::error);
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    parse_manifest(text, "MANIFEST");
  } catch (const medley::Error&) {
  }
  const medley::fuzz::MemoryFile file({data, size});
  metrics_csv(read_metrics(file.path()));
  try {
    FigureSums sums({{"itc", medley::models::Figure::loss}});
    sums.restore(medley::Json::parse(text, "state.json"));
    sums.line(1);
  } catch (const medley::Error&) {
  }
  return 0;
}
