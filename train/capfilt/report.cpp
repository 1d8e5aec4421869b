// One pass over the labels, then the page.
#include "train/report/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "train/capfilt/capfilt.h"
#include "train/io/checksum.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr int64_t kShown = 36;        // pictures, evenly over the data
constexpr size_t kNear = 18;          // texts nearest to the threshold
constexpr size_t kBins = 40;          // of a histogram
constexpr int64_t kCounted = 50'000;  // captions whose n-grams are counted: the first ones

std::string percent(int64_t part, int64_t all) {
  return fixed(100.0 * static_cast<double>(part) / static_cast<double>(std::max<int64_t>(1, all)),
               1) +
         " %";
}

using Histogram = std::array<int64_t, kBins>;

struct Near {
  double distance;
  LabelledPicture picture;
};

// n-grams of captions by their checksums: how many there are and how many are different.
class Diversity {
 public:
  void add(const std::string& caption) {
    if (captions_ >= kCounted) return;
    ++captions_;
    different_.insert(hash(caption));
    std::vector<std::string> words;
    std::istringstream in(caption);
    for (std::string word; in >> word;) words.push_back(word);
    for (size_t n = 1; n <= grams_.size(); ++n)
      for (size_t i = 0; i + n <= words.size(); ++i) {
        std::string gram;
        for (size_t k = 0; k < n; ++k) gram += words[i + k] + " ";
        grams_[n - 1].insert(hash(gram));
        ++counts_[n - 1];
      }
  }

  std::string html() const {
    const auto different = static_cast<int64_t>(different_.size());
    std::string text = str("<table class=\"facts\"><tr><th>captions looked at</th><td>",
                           with_commas(captions_), "</td></tr><tr><th>said before</th><td>",
                           percent(captions_ - different, captions_), "</td></tr>");
    for (size_t n = 0; n < grams_.size(); ++n) {
      const auto grams = static_cast<int64_t>(grams_[n].size());
      text += str("<tr><th>different ", n + 1, "-grams</th><td>", with_commas(grams), ", ",
                  percent(grams, counts_[n]), " of all</td></tr>");
    }
    return text + "</table>\n";
  }

 private:
  static uint64_t hash(const std::string& text) {
    Checksum sum;
    sum.add({text.data(), text.size()});
    return sum.value();
  }

  int64_t captions_ = 0;
  std::unordered_set<uint64_t> different_;
  std::array<std::unordered_set<uint64_t>, 3> grams_;
  std::array<int64_t, 3> counts_{};
};

std::string histogram_svg(const std::string& title, const Histogram& counts, double threshold) {
  constexpr int64_t kWidth = 480, kHeight = 180, kTop = 30, kBottom = 22;
  const int64_t most = std::max<int64_t>(1, *std::max_element(counts.begin(), counts.end()));
  const double bin = static_cast<double>(kWidth) / static_cast<double>(kBins);
  std::string svg =
      str("<svg viewBox=\"0 0 ", kWidth, " ", kHeight, "\" role=\"img\" aria-label=\"", title,
          "\"><text class=\"title\" x=\"8\" y=\"19\">", title, "</text>");
  for (size_t i = 0; i < kBins; ++i) {
    // Roots, so that a bin of few texts is seen beside one of many.
    const double height = std::sqrt(static_cast<double>(counts[i]) / static_cast<double>(most)) *
                          static_cast<double>(kHeight - kTop - kBottom);
    const bool kept = (static_cast<double>(i) + 0.5) / static_cast<double>(kBins) > threshold;
    svg += str("<rect x=\"", static_cast<double>(i) * bin + 1, "\" y=\"",
               static_cast<double>(kHeight - kBottom) - height, "\" width=\"", bin - 2,
               "\" height=\"", height, "\" fill=\"var(--", kept ? "good" : "bad", ")\"><title>",
               counts[i], "</title></rect>");
  }
  for (const double edge : {0.0, 0.5, 1.0})
    svg += str("<text text-anchor=\"",
               edge == 0   ? "start"
               : edge == 1 ? "end"
                           : "middle",
               "\" x=\"", edge * static_cast<double>(kWidth), "\" y=\"", kHeight - 6, "\">", edge,
               "</text>");
  return svg + "</svg>\n";
}

std::string picture_html(const Dataset& web, const LabelledPicture& picture) {
  try {
    if (!picture.error.empty()) throw DataError(picture.error);
    const int64_t number = web.row(picture.row).pictures.at(0);
    return str("<img title=\"", escape_html(picture.image), "\" src=\"",
               picture_uri(*web.picture(number)), "\">");
  } catch (const Error& error) {
    return str("<p class=\"note\">", escape_html(error.what()), "</p>");
  }
}

std::string card(const Dataset& web, const LabelledPicture& picture, double threshold) {
  std::string html = "<figure>" + picture_html(web, picture) + "<figcaption>";
  for (const LabelledText& text : picture.texts) {
    const bool kept = text.error.empty() && text.probability > threshold;
    html +=
        str("<span class=\"", kept ? "kept" : "dropped", "\">", kept ? "&#10003; " : "&#10007; ",
            escape_html(text.text), "</span><small>", text.source, ", ",
            text.error.empty() ? fixed(text.probability, 4) : escape_html(text.error), "</small>");
  }
  return html + "</figcaption></figure>\n";
}

std::string count_table(const Selection& selection) {
  std::string html =
      "<table class=\"results\"><thead><tr><th></th><th>texts</th><th>kept</th><th></th>"
      "<th>failed</th></tr></thead><tbody>";
  for (const auto& [name, counts] : selection.sources)
    html += str("<tr><th>", name, "</th><td>", with_commas(counts.texts), "</td><td>",
                with_commas(counts.kept), "</td><td>", percent(counts.kept, counts.texts),
                "</td><td>", with_commas(counts.failed), "</td></tr>");
  return html + "</tbody></table>\n";
}

// What is shown, gathered in one pass.
struct Shown {
  Histogram web{}, synthetic{};
  std::vector<LabelledPicture> pictures;
  std::vector<Near> near;
  Diversity diversity;

  void add(const LabelledPicture& picture, bool sample, double threshold) {
    if (sample) pictures.push_back(picture);
    if (!picture.error.empty()) return;
    for (const LabelledText& text : picture.texts) {
      if (text.source == "synthetic") diversity.add(text.text);
      if (!text.error.empty()) continue;
      const auto bin = static_cast<size_t>(text.probability * static_cast<double>(kBins));
      ++(text.source == "web" ? web : synthetic)[std::min(bin, kBins - 1)];
      near.push_back({std::abs(text.probability - threshold), picture});
    }
    if (near.size() > 1000) keep_nearest();
  }

  void keep_nearest() {
    std::stable_sort(near.begin(), near.end(),
                     [](const Near& a, const Near& b) { return a.distance < b.distance; });
    near.resize(std::min(near.size(), kNear));
  }
};

std::string page_of(const LabelFolder& folder, const Selection& selection, const Dataset& web) {
  const double threshold = selection.threshold;
  const int64_t every = std::max<int64_t>(1, selection.pictures / kShown);
  Shown shown;
  int64_t number = 0;
  folder.each([&](const LabelledPicture& picture) {
    shown.add(picture, number++ % every == 0, threshold);
  });
  shown.keep_nearest();
  if (shown.pictures.size() > kShown) shown.pictures.resize(kShown);

  const SourceCounts& texts = selection.sources.at("web");
  std::string cards, near;
  for (const LabelledPicture& picture : shown.pictures) cards += card(web, picture, threshold);
  for (const Near& one : shown.near) near += card(web, one.picture, threshold);
  return str(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>CapFilt</title>\n<style>",
      kReportStyle,
      ".kept, .dropped { display: block; } .kept { color: var(--good); }\n"
      ".dropped { color: var(--bad); text-decoration: line-through; }\n"
      ".cards small { display: block; margin-bottom: .4em; }\n"
      "</style></head><body><main>\n<header><h1>CapFilt</h1><p>",
      escape_html(folder.settings().at("what").text()), ". Of the web's texts ",
      percent(texts.texts - texts.kept, texts.texts),
      " are dropped: that is the filter's estimate of the noise. A text is kept when the "
      "probability that it matches its picture is above ",
      fixed(threshold, 4), ".</p></header>\n<h2>How much is kept</h2>\n", count_table(selection),
      "<h2>How sure the filter is</h2><p class=\"note\">Texts by the probability of a match. "
      "Heights are square roots of the numbers. A filter that has learned puts nearly all of them "
      "at the two ends.</p>\n<div class=\"curves\">",
      histogram_svg("texts of the web", shown.web, threshold),
      histogram_svg("synthetic captions", shown.synthetic, threshold),
      "</div>\n<h2>Pictures with their texts</h2><p class=\"note\">Evenly over the data.</p>\n"
      "<div class=\"cards\">",
      cards,
      "</div>\n<h2>Nearest to the threshold</h2><p class=\"note\">Where another threshold would "
      "decide otherwise.</p>\n<div class=\"cards\">",
      near,
      "</div>\n<h2>What the captioner says</h2><p class=\"note\">Captions that differ teach more "
      "than the same one again.</p>\n",
      shown.diversity.html(), "</main></body></html>\n");
}

}  // namespace

std::string write_selection_report(const std::string& folder, const Selection& selection) {
  const LabelFolder labels = LabelFolder::open(folder);
  const std::unique_ptr<Dataset> web = labels.open_web();
  const std::string path = folder + "/report.html";
  replace_file(path, page_of(labels, selection, *web));
  return path;
}

}  // namespace medley::train
