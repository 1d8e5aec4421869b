// The sections of the report that show pictures and tables.
#include "core/str.h"
#include "train/report/html.h"
#include "train/report/report.h"

namespace medley::train {
namespace {

// How many pictures the attention section shows.
constexpr size_t kAttended = 12;

std::string picture(const Image& image, const std::string& alternative) {
  return str("<img src='", picture_uri(image), "' alt='", escape_html(alternative), "'>");
}

std::string cell(const Json& split, const char* part, const char* key) {
  const Json* group = split.find(part);
  const Json* value = group ? group->find(key) : nullptr;
  return str("<td>", value && value->is_number() ? fixed(value->number(), 3) : "", "</td>");
}

}  // namespace

std::string result_table(const Json& eval) {
  if (!eval.is_object() || eval.members().empty()) return "";
  struct Column {
    const char *part, *key;
  };
  constexpr Column kColumns[] = {{"i2t", "r1"},           {"i2t", "r5"},     {"i2t_itm", "r1"},
                                 {"i2t_itm", "r5"},       {"t2i", "r1"},     {"t2i", "r5"},
                                 {"t2i_itm", "r1"},       {"t2i_itm", "r5"}, {"captions", "exact"},
                                 {"captions", "token_f1"}};
  std::string out =
      "<div class='wide'><table class='results'><thead><tr><th rowspan='3'>split</th>"
      "<th colspan='4'>image to text</th><th colspan='4'>text to image</th>"
      "<th colspan='2'>captions</th></tr><tr><th colspan='2'>ITC</th><th colspan='2'>with ITM</th>"
      "<th colspan='2'>ITC</th><th colspan='2'>with ITM</th><th rowspan='2'>exact</th>"
      "<th rowspan='2'>token F1</th></tr><tr>";
  for (int i = 0; i < 4; ++i) out += "<th>R@1</th><th>R@5</th>";
  out += "</tr></thead><tbody>";
  for (const auto& [name, split] : eval.members()) {
    out += "<tr><th>" + escape_html(name) + "</th>";
    for (const Column& column : kColumns) out += cell(split, column.part, column.key);
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string caption_cards(const std::vector<CaptionedPicture>& pictures) {
  std::string out, split;
  for (const CaptionedPicture& p : pictures) {
    if (p.split != split) {
      out += str(out.empty() ? "" : "</div>", "<h3>", escape_html(p.split),
                 "</h3><div class='cards'>");
      split = p.split;
    }
    out += str("<figure class='", p.right ? "right" : "wrong", "'>", picture(p.image, p.truth),
               "<figcaption><b>", p.right ? "&#10003; " : "&#10007; ", escape_html(p.said), "</b>");
    if (!p.right) out += "<span>" + escape_html(p.truth) + "</span>";
    out += "</figcaption></figure>";
  }
  return out.empty() ? out : out + "</div>";
}

std::string search_strips(const std::vector<SearchResult>& searches) {
  std::string out;
  for (const SearchResult& search : searches) {
    out += str("<div class='strip'><h3>", escape_html(search.query), " <small>",
               escape_html(search.split), "</small></h3><div class='row'>");
    for (const auto& found : search.found)
      out += str("<figure class='", found.right ? "right" : "other", "'>",
                 picture(found.image, found.caption), "<figcaption>", escape_html(found.caption),
                 "</figcaption></figure>");
    out += "</div></div>";
  }
  return out;
}

std::string attention_strips(const std::vector<CaptionedPicture>& pictures) {
  std::string out;
  size_t shown = 0;
  for (const CaptionedPicture& p : pictures) {
    if (p.words.empty() || shown == kAttended) continue;
    ++shown;
    std::string source = picture_uri(p.image);
    out += "<div class='strip'><div class='row'><figure><img src='" + source + "' alt='" +
           escape_html(p.said) + "'><figcaption>&nbsp;</figcaption></figure>";
    for (const AttendedWord& word : p.words)
      out += str("<figure><div class='lit'><img src='", source, "' alt=''><img class='veil' src='",
                 veil_uri(word.heat, p.side), "' alt=''></div><figcaption><b>",
                 escape_html(word.word), "</b></figcaption></figure>");
    out += "</div></div>";
  }
  return out;
}

}  // namespace medley::train
