// Any text as a list of captions: as JSON, as JSON lines and as tables, with bad rows kept or not.
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/log.h"
#include "train/data/open.h"

namespace {

// A folder of this process: lists are told apart by their endings. Pictures are looked for in the
// folder above it, too.
const std::string& folder() {
  static const std::string path = [] {
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/medley-fuzz-XXXXXX";
    const std::string lists = std::string(mkdtemp(name.data())) + "/lists";
    std::filesystem::create_directory(lists);
    return lists;
  }();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace medley::train;
  medley::set_log_level(medley::LogLevel::error);
  for (const char* ending : {"json", "jsonl", "csv", "tsv"}) {
    const std::string path = folder() + "/list." + ending;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    for (const bool keep : {false, true}) {
      try {
        Findings findings(true);
        const OpenedData opened =
            open_data(path, {.keep_missing = keep, .keep_bad_rows = keep, .findings = &findings});
        for (int64_t i = 0; i < opened.data->size(); ++i) opened.data->row(i);
      } catch (const medley::Error&) {
      }
    }
  }
  return 0;
}
