// Any text as captions: tokens of the Penn Treebank, then all metrics of it against its own lines.
#include <sstream>

#include "train/metrics/captions.h"
#include "train/metrics/ptb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace medley::train;
  std::istringstream text(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<ScoredText> corpus;
  std::vector<std::string> lines;
  for (std::string line; lines.size() < 8 && std::getline(text, line);)
    lines.push_back(ptb_tokens(line));
  for (const auto& line : lines) corpus.push_back({line, lines});
  if (!corpus.empty()) caption_metrics(corpus);
  return 0;
}
