// Labels made by hand: what a captioner and a filter would have said.
#pragma once

#include "tests/train/form_files.h"
#include "train/capfilt/labels.h"
#include "train/io/files.h"

namespace medley::train {

// files/labels: of each picture of the data, which is one row each, the probability of the web's
// text and of a synthetic one, "right 0" for row 0.
inline void write_labels(const FormFiles& files, const std::string& data,
                         const std::vector<std::pair<double, double>>& scores) {
  const OpenedData web = files.open(data);
  const LabelFolder made = LabelFolder::make(files / "labels", Json::object()
                                                                   .set("data", files / data)
                                                                   .set("images", "")
                                                                   .set("what", web.summary())
                                                                   .set("units", 1)
                                                                   .set("filter", "by hand"));
  std::string lines;
  for (size_t i = 0; i < scores.size(); ++i) {
    const Row row = web.data->row(static_cast<int64_t>(i));
    lines += LabelledPicture{.image = web.data->picture_name(row.pictures[0]),
                             .row = static_cast<int64_t>(i),
                             .texts = {{row.text, "web", scores[i].first, ""},
                                       {str("right ", i), "synthetic", scores[i].second, ""}}}
                 .line() +
             "\n";
  }
  replace_file(made.unit_file(0), lines);
}

// The same for a list of pictures p0, p1, ... with the texts "web 0", ...
inline void write_labels(const FormFiles& files,
                         const std::vector<std::pair<double, double>>& scores) {
  std::string list = "image,caption\n";
  for (size_t i = 0; i < scores.size(); ++i) {
    files.picture(str("p", i), static_cast<int>(i));
    list += str("p", i, ",web ", i, "\n");
  }
  files.file("web.csv", list);
  write_labels(files, "web.csv", scores);
}

}  // namespace medley::train
