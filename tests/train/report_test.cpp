// The report page and its pieces.
#include "train/report/report.h"

#include "tests/catch.h"
#include "train/data/dataset.h"
#include "train/report/collect.h"
#include "train/report/curves.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

ReportData small_report() {
  ReportData data;
  data.title = "scenes";
  data.summary = "A <small> BLIP";
  for (int step : {1, 50, 100})
    data.metrics.push_back(
        Json::object().set("step", step).set("itc", 4.0 / step).set("itm", 0.7).set("lm", 6.0));
  data.losses = {models::one_of("itc", "Which", 64),
                 {"itm", "Whether", 0.6365, ""},
                 {"lm", "Words", std::nullopt, ""}};
  Json split = Json::object();
  split.set("images", 8);
  split.set("i2t_itm", Json::object()
                           .set("r1", 0.9712)
                           .set("r1_interval", Json::array().push(0.9333).push(0.9914))
                           .set("r5", 1.0)
                           .set("trivial", Json::object().set("r1", 0.0025).set("r5", 0.0125)));
  split.set("captions", Json::object().set("exact", 0.5).set("token_f1", 0.75));
  data.eval = Json::object().set("test_seen", split);
  Image image{2, 1, {255, 0, 0, 0, 0, 255}};
  data.pictures = {{image, "test_seen", "a cat", "a cat", true, 2, {{"cat", {0, 1, 2, 3}}}},
                   {image, "test_seen", "a \"dog\"", "a cat & a dog", false, 2, {}}};
  data.questions = {{image, "test_seen", "is it <red>?", "yes", {"yes", "blue & red"}, true},
                    {image, "test_seen", "what is it?", "a dog", {"a cat"}, false},
                    {image, "test_seen", "why?", "a tree", {}, false}};
  data.sentences = {{image, image, "test_seen", "the left one is a cat", true, false},
                    {image, image, "test_seen", "both are birds", false, std::nullopt}};
  data.searches = {{"a cat", "test_seen", {{image, "a cat", true}, {image, "a dog", false}}}};
  data.config = "[train]\nsteps = 100\n";
  data.facts = {{"seed", "1"}};
  return data;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("report: every section is there, and nothing from the network") {
  std::string page = render_report(small_report());
  for (const char* id :
       {"curves", "results", "captions", "questions", "sentences", "search", "attention", "run"}) {
    INFO(id);
    CHECK(count(page, "<section id='" + std::string(id) + "'>") == 1);
  }
  CHECK(count(page, "<svg") == 3);
  CHECK(count(page, "<polyline") == 3);
  for (const char* text :
       {"chance ln 64 = 4.16", "chance 0.6365", "<td>0.971<small>0.933 to 0.991</small>",
        "<small>trivial 0.003</small>", "<small>8 pictures</small>",
        "<small>other pictures of what training sees</small>", "steps = 100",
        "A &lt;small&gt; BLIP", "a &quot;dog&quot;", "a cat &amp; a dog", "is it &lt;red&gt;?",
        "&#10007; a dog</b><span>a cat</span>", "<b>a tree</b>",
        "&#10007; true</b><span>it is false</span>", "<b>false</b>"}) {
    INFO(text);
    CHECK(count(page, text) >= 1);
  }
  CHECK(count(page, "class='chance-label'") == 2);  // the third depends on the data
  CHECK(count(page, "http") == 0);
  CHECK(count(page, "<script") == 0);
  CHECK(count(page, "src='data:image/png;base64,") == count(page, "<img "));
  CHECK(count(page, "class='veil'") == 1);
}

TEST_CASE("report: sections without content are left out") {
  ReportData data;
  data.title = "empty";
  data.losses = small_report().losses;
  std::string page = render_report(data);
  CHECK(count(page, "<section id='captions'>") == 0);
  CHECK(count(page, "<section id='results'>") == 0);
  CHECK(count(page, "<section id='questions'>") == 0);
  CHECK(count(page, "no figures yet") == 3);
}

TEST_CASE("report: base64, numbers and durations") {
  auto encoded = [](const std::string& text) {
    return base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  CHECK(encoded("") == "");
  CHECK(encoded("M") == "TQ==");
  CHECK(encoded("Ma") == "TWE=");
  CHECK(encoded("Man") == "TWFu");
  CHECK(encoded("\xFF\xFE\xFD\xFC") == "//79/A==");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1234567) == "1,234,567");
  CHECK(with_commas(-1234) == "-1,234");
  CHECK(with_commas(-123) == "-123");
  CHECK(duration(59.4) == "59 s");
  CHECK(duration(580) == "9 min 40 s");
  CHECK(duration(7300) == "2 h 1 min");
  CHECK(tick_step(9, 4) == Approx(5));
  CHECK(tick_step(0.3, 4) == Approx(0.1));
}

TEST_CASE("report: a strip has the picture, then for each word where it looks") {
  const Image white{2, 2, std::vector<uint8_t>(12, 255)};
  const Image strip = attention_strip(white, {{"cat", {1, 0, 0, 0}}}, 2);
  REQUIRE(strip.width == 8 + 2 * 168);
  const auto grey = [&](int64_t x, int64_t y) {
    return strip.rgb[static_cast<size_t>(3 * (y * strip.width + x))];
  };
  CHECK(grey(20, 20) == 255);         // the picture as it is,
  CHECK(grey(176 + 20, 20) == 255);   // bright where the word looks,
  CHECK(grey(176 + 140, 140) == 48);  // 14 + 0.14 * (255 - 14) elsewhere;
  CHECK(grey(176 + 80, 20) > 48);     // and a gradient between
  CHECK(grey(176 + 80, 20) < 255);
  // The word is below the second tile only.
  const auto ink = [&](int64_t left) {
    int64_t dots = 0;
    for (int64_t y = 176; y < 192; ++y)
      for (int64_t x = left; x < left + 160; ++x) dots += grey(x, y) < 100;
    return dots;
  };
  CHECK(ink(8) == 0);
  CHECK(ink(176) > 50);
}

TEST_CASE("report: pieces of a word share one heat map") {
  models::Tokenizer tokenizer(
      {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "[ENC]", "a", "ze", "##bra"});
  // Rows of 1 class token and 4 patches.
  std::vector<float> rows = {.9f, 1, 0, 0, 0, .9f, 0, 1, 0, 0, .9f, 0, 0, 1, 0};
  std::vector<AttendedWord> words =
      attended_words(tokenizer, {6, 7, 8}, Tensor::from(rows, {3, 5}));
  REQUIRE(words.size() == 2);
  CHECK(words[0].word == "a");
  CHECK(words[0].heat == std::vector<float>{1, 0, 0, 0});
  CHECK(words[1].word == "zebra");
  CHECK(words[1].heat == std::vector<float>{0, .5f, .5f, 0});
}

}  // namespace
}  // namespace medley::train
