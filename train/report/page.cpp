// Puts the sections of the report together.
#include "core/str.h"
#include "train/report/curves.h"
#include "train/report/html.h"
#include "train/report/report.h"

namespace medley::train {
namespace {

Curve curve(const ReportData& data, const models::LossInfo& loss) {
  Curve result{loss.title, {}, loss.chance, {}};
  if (loss.chance)
    result.chance_label = loss.chance_formula.empty()
                              ? "chance " + fixed(*loss.chance, 4)
                              : str("chance ", loss.chance_formula, " = ", fixed(*loss.chance, 2));
  for (const Json& line : data.metrics)
    if (const Json* value = line.find(loss.name); value && value->is_number())
      result.points.emplace_back(line.at("step").number(), value->number());
  return result;
}

std::string section(const char* id, const char* title, const std::string& note,
                    const std::string& body) {
  if (body.empty()) return "";
  return str("<section id='", id, "'><h2>", title, "</h2><p class='note'>", note, "</p>", body,
             "</section>\n");
}

std::string curves(const ReportData& data) {
  std::string out = "<div class='curves'>";
  for (const models::LossInfo& loss : data.losses) out += curve_svg(curve(data, loss));
  return out + "</div>";
}

std::string facts(const ReportData& data) {
  std::string out = "<table class='facts'>";
  for (const auto& [name, value] : data.facts)
    out += str("<tr><th>", escape_html(name), "</th><td>", escape_html(value), "</td></tr>");
  return out + "</table><details><summary>Configuration</summary><pre>" + escape_html(data.config) +
         "</pre></details>";
}

}  // namespace

std::string render_report(const ReportData& data) {
  std::string title = "medley: " + escape_html(data.title);
  return str(
      "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width, initial-scale=1'><title>",
      title, "</title><style>", kReportStyle, "</style></head><body><main>\n<header><h1>", title,
      "</h1><p>", escape_html(data.summary), "</p></header>\n",
      section("curves", "Training",
              "Means of each loss over the steps between two points. The dashed line is what pure "
              "guessing costs; a curve that stays on it has learned nothing yet. Soft targets keep "
              "ITC, and label smoothing LM, above zero.",
              curves(data)),
      section(
          "results", "Results",
          "On pictures that training never saw. R@k: a right one is among the first k found, by "
          "ITC and with the first candidates re-ranked by ITM. Exact: the generated caption is "
          "word for word a right one. Below each figure its 95 % interval (bootstrap over "
          "pictures or questions) and what the trivial answer scores: chance for a search, else "
          "the most frequent answer.",
          result_table(data.eval)),
      section("captions", "Captions",
              "What the model writes about pictures that it never saw, above what is true.",
              caption_cards(data.pictures)),
      section("questions", "Questions",
              "What the model answers, and what people answered where that is something else.",
              question_cards(data.questions)),
      section("sentences", "Sentences about two pictures",
              "Whether the model holds the sentence for true of the two pictures together.",
              sentence_cards(data.sentences)),
      section("search", "Search",
              "The pictures found for a text, best first. A green frame marks a right one.",
              search_strips(data.searches)),
      section("attention", "Where each word looks",
              "The cross-attention at the step that writes the word, mean over layers and heads: "
              "bright is where it looks.",
              attention_strips(data.pictures)),
      section("run", "The run", "Everything that is needed to make it again.", facts(data)),
      "</main></body></html>\n");
}

}  // namespace medley::train
