// The sections of the report that show pictures and tables.
#include <map>

#include "core/str.h"
#include "train/eval/figures.h"
#include "train/report/html.h"
#include "train/report/report.h"

namespace medley::train {
namespace {

// How many pictures the attention section shows.
constexpr size_t kAttended = 12;

std::string picture(const Image& image, const std::string& alternative) {
  return str("<img src='", picture_uri(image), "' alt='", escape_html(alternative), "'>");
}

// Opens and closes the grids of cards, one for each split.
class Cards {
 public:
  std::string& of(const std::string& split) {
    if (split != split_) {
      html_ += str(html_.empty() ? "" : "</div>", "<h3>", escape_html(split),
                   "</h3><div class='cards'>");
      split_ = split;
    }
    return html_;
  }
  std::string end() { return html_.empty() ? html_ : html_ + "</div>"; }

 private:
  std::string html_, split_;
};

// What was said, with a mark, and under it what is true where that is something else.
std::string verdict(bool right, const std::string& said, const std::string& truth) {
  std::string html = str("<b>", right ? "&#10003; " : "&#10007; ", escape_html(said), "</b>");
  if (!right) html += "<span>" + escape_html(truth) + "</span>";
  return html;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string cell(const FigureLine& line) {
  std::string html = "<td>" + fixed(line.value, 3);
  if (line.interval)
    html += str("<small>", fixed(line.interval->low, 3), " to ", fixed(line.interval->high, 3),
                "</small>");
  if (line.trivial) html += "<small>trivial " + fixed(*line.trivial, 3) + "</small>";
  return html + "</td>";
}

// Of the splits of scenes (docs/data.md); lists of one's own have names of their own.
const char* meaning_of(const std::string& split) {
  if (split == "val") return "other pictures of what training sees";
  if (split == "test_seen") return "other pictures of what training sees";
  if (split == "test_pair") return "two known things that no training caption has together";
  if (split == "test_drawing")
    return "known things, by an artist whose drawings training never saw";
  return "";
}

}  // namespace

std::string result_table(const Json& eval) {
  if (!eval.is_object() || eval.members().empty()) return "";
  std::string head = "<tr><th colspan='2'></th>";
  std::vector<std::pair<std::string, std::string>> names;  // group and figure of each row
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> cells;
  for (const auto& [split, figures] : eval.members()) {
    head += str("<th>", escape_html(split), "<small>", counts_line(figures), "</small><small>",
                meaning_of(split), "</small></th>");
    for (const FigureLine& line : figure_lines(figures)) {
      auto& row = cells[{line.group, line.name}];
      if (row.empty()) names.emplace_back(line.group, line.name);
      row[split] = cell(line);
    }
  }
  std::string body, group;
  for (const auto& name : names) {
    body +=
        str("<tr><th>", name.first == group ? "" : name.first, "</th><th>", name.second, "</th>");
    group = name.first;
    for (const auto& [split, figures] : eval.members()) {
      const std::string& found = cells[name][split];
      body += found.empty() ? "<td></td>" : found;
    }
    body += "</tr>";
  }
  return str("<div class='wide'><table class='results'><thead>", head, "</tr></thead><tbody>", body,
             "</tbody></table></div>");
}

std::string caption_cards(const std::vector<CaptionedPicture>& pictures) {
  Cards cards;
  for (const CaptionedPicture& p : pictures)
    cards.of(p.split) +=
        str("<figure class='", p.right ? "right" : "wrong", "'>", picture(p.image, p.truth),
            "<figcaption>", verdict(p.right, p.said, p.truth), "</figcaption></figure>");
  return cards.end();
}

std::string question_cards(const std::vector<AnsweredQuestion>& questions) {
  Cards cards;
  for (const AnsweredQuestion& q : questions) {
    const char* kind = q.truth.empty() ? "other" : q.right ? "right" : "wrong";
    cards.of(q.split) += str("<figure class='", kind, "'>", picture(q.image, q.question),
                             "<figcaption><span>", escape_html(q.question), "</span>",
                             q.truth.empty() ? "<b>" + escape_html(q.said) + "</b>"
                                             : verdict(q.right, q.said, joined(q.truth)),
                             "</figcaption></figure>");
  }
  return cards.end();
}

std::string sentence_cards(const std::vector<JudgedSentence>& sentences) {
  const auto name = [](bool truth) { return truth ? "true" : "false"; };
  Cards cards;
  for (const JudgedSentence& s : sentences) {
    const char* kind = !s.truth ? "other" : s.said == *s.truth ? "right" : "wrong";
    cards.of(s.split) +=
        str("<figure class='", kind, "'><div class='pair'>", picture(s.left, s.sentence),
            picture(s.right, s.sentence), "</div><figcaption><span>", escape_html(s.sentence),
            "</span>",
            s.truth ? verdict(s.said == *s.truth, name(s.said), str("it is ", name(*s.truth)))
                    : str("<b>", name(s.said), "</b>"),
            "</figcaption></figure>");
  }
  return cards.end();
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
