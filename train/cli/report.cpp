// medley report: writes report.html again.
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/report/finish.h"

namespace medley::train {

int report(const ReportOptions& options) {
  std::string path = write_report(open_run(options.run));
  if (options.json)
    print_json(Json::object().set("report", path));
  else
    print(path);
  return 0;
}

}  // namespace medley::train
