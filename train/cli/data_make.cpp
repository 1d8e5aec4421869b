// medley data make: data sets of tasks with known truth.
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/report/html.h"

namespace medley::train {

int data_make(const DataMakeOptions& options) {
  const std::vector<ListSummary> lists = make_task(options.make);
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows{
      {"list", "rows", "pictures", "answers", "most frequent", "right for"}};
  for (const ListSummary& list : lists) {
    all.push(Json::object()
                 .set("list", list.list)
                 .set("rows", list.rows)
                 .set("pictures", list.pictures)
                 .set("answers", list.answers)
                 .set("most_frequent", list.guess)
                 .set("share", list.share));
    rows.push_back({list.list, with_commas(list.rows), with_commas(list.pictures),
                    with_commas(list.answers), list.guess, fixed(100 * list.share, 1) + " %"});
  }
  if (options.json) {
    print_json(Json::object().set("folder", options.make.out).set("lists", all));
  } else {
    print_table(rows);
    print("wrote " + options.make.out + "; its README.md says what it is");
  }
  return 0;
}

}  // namespace medley::train
