// Figures in a grid, in the style of the report.
#include "train/cli/data_page.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "train/data/resize.h"
#include "train/report/html.h"
#include "train/report/report.h"

namespace medley::train {
namespace {

constexpr int64_t kSamples = 48, kFrames = 4;
constexpr int64_t kThumbnail = 192;  // the longer side

std::string thumbnail(const Dataset& data, int64_t number) {
  const std::string name = escape_html(data.picture_name(number));
  try {
    const std::shared_ptr<const Image> image = data.picture(number);
    const int64_t longer = std::max(image->width, image->height);
    if (longer <= kThumbnail)
      return str("<img title=\"", name, "\" src=\"", picture_uri(*image), "\">");
    auto shrunk = [&](int64_t side) { return std::max<int64_t>(1, side * kThumbnail / longer); };
    return str("<img title=\"", name, "\" src=\"",
               picture_uri(resize_bicubic(*image, shrunk(image->width), shrunk(image->height))),
               "\">");
  } catch (const DataError& error) {
    return str("<p class=\"note\">", escape_html(error.what()), "</p>");
  }
}

std::string figure(const Dataset& data, int64_t index) {
  const Row row = data.row(index);
  std::string html = "<figure>";
  const size_t step = (row.pictures.size() + kFrames - 1) / kFrames;
  for (size_t i = 0; i < row.pictures.size(); i += step) html += thumbnail(data, row.pictures[i]);
  html += str("<figcaption>", escape_html(row.text));
  for (const std::string& reference : row.references)
    html += str("<br><small>", escape_html(reference), "</small>");
  for (const Answer& answer : row.answers)
    html +=
        str("<br><small>", escape_html(answer.text), " (", fixed(answer.weight, 2), ")</small>");
  if (row.truth) html += str("<br><small>", *row.truth ? "true" : "false", "</small>");
  return html + str("<br><small>row ", index, "</small></figcaption></figure>\n");
}

}  // namespace

std::string data_page(const std::string& title, const Dataset& data) {
  std::string page =
      str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>",
          escape_html(title), "</title>\n<style>", kReportStyle,
          ".samples { display: grid; gap: 14px;\n"
          "  grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); }\n"
          "</style></head><body><main>\n<header><h1>",
          escape_html(title), "</h1></header>\n<div class=\"samples\">\n");
  const int64_t samples = std::min(kSamples, data.size());
  for (int64_t i = 0; i < samples; ++i) {
    const int64_t index = i * data.size() / samples;
    try {
      page += figure(data, index);
    } catch (const DataError& error) {
      page += str("<figure>row ", index, ": ", escape_html(error.what()), "</figure>\n");
    }
  }
  return page + "</div></main></body></html>\n";
}

}  // namespace medley::train
