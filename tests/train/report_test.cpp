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
  split.set("i2t_itm", Json::object().set("r1", 0.9712).set("r5", 1.0));
  split.set("captions", Json::object().set("exact", 0.5).set("token_f1", 0.75));
  data.eval = Json::object().set("test_seen", split);
  Image image{2, 1, {255, 0, 0, 0, 0, 255}};
  data.pictures = {{image, "test_seen", "a cat", "a cat", true, 2, {{"cat", {0, 1, 2, 3}}}},
                   {image, "test_seen", "a \"dog\"", "a cat & a dog", false, 2, {}}};
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
  for (const char* id : {"curves", "results", "captions", "search", "attention", "run"}) {
    INFO(id);
    CHECK(count(page, "<section id='" + std::string(id) + "'>") == 1);
  }
  CHECK(count(page, "<svg") == 3);
  CHECK(count(page, "<polyline") == 3);
  for (const char* text : {"chance ln 64 = 4.16", "chance 0.6365", "0.971", "steps = 100",
                           "A &lt;small&gt; BLIP", "a &quot;dog&quot;", "a cat &amp; a dog"}) {
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
