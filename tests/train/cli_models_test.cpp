// The commands that use a trained model, on Hugging Face folders: what transformers computed.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/json.h"
#include "models/weights/safetensors.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

const std::string kModels = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/";

Json output_of(const Words& words, const std::string& input = {}) {
  const Result r = run(with(words, {"--json"}), input);
  INFO(r.err);
  REQUIRE(r.code == 0);
  return Json::parse(r.out, "stdout");
}

std::string picture(const std::string& model, int i) {
  return kModels + model + "/images/" + std::to_string(i) + ".png";
}

}  // namespace

TEST_CASE("cli: captions of a Hugging Face folder are those of transformers' pipeline") {
  const std::string folder = kModels + "caption";
  const Json recorded = Json::read(folder + "/beam_4_15.json");
  const Json texts = Json::read(folder + "/io.json");
  for (const Json& each : texts.at("generate").items()) {
    if (each.at("name").text() != "greedy defaults") continue;
    const Json said = output_of({"caption", folder, folder + "/images"});
    REQUIRE(said.items().size() == each.at("text").items().size());
    for (size_t i = 0; i < said.items().size(); ++i) {
      const Json& first = said.items()[i].items().at(0);
      CHECK(first.at("generated_text").text() == each.at("text").items()[i].text());
      CHECK(first.at("file").text() == picture("caption", static_cast<int>(i)));
      CHECK(first.at("timings").at("generate_ms").number() > 0);
    }
  }
  for (const Json& each : recorded.at("generate").items()) {
    if (each.at("name").text() != "beam 3 all returned") continue;
    const Json said = output_of(
        {"caption", folder, folder + "/images", "--beams", "3", "--returned", "3", "--batch", "4"});
    size_t row = 0;
    for (const Json& of_picture : said.items())
      for (const Json& text : of_picture.items())
        CHECK(text.at("score").number() ==
              Approx(each.at("sequences_scores").items().at(row++).number()).margin(1e-5));
    CHECK(row == each.at("sequences_scores").items().size());
  }
}

TEST_CASE("cli: --no-repeat-ngram writes what transformers 5.24 writes") {
  struct Case {
    int picture;
    const char *size, *beams, *prompt, *text;
  };
  for (const Case& c :
       {Case{0, "0", "1", "",
             "three black triangles near the top of the picture, drawn by hand "
             "picture,"},
        {0, "1", "1", "",
         "three black triangles near the top of cross picture, drawn by hand "
         "yellow on"},
        {0, "2", "1", "",
         "three black triangles near the top of the picture, drawn by hand "
         "picture top"},
        {2, "1", "1", "",
         "a green cross near the right of, picture crosses drawn by hand yellow on"},
        {2, "2", "1", "the red red",
         "the red red circles picture,, cross picture right of, drawn by by"},
        {3, "1", "3", "",
         "a blue circle near the right of cross picture, drawn by hand yellow "
         "circles"}}) {
    const Json said = output_of({"caption", kModels + "caption", picture("caption", c.picture),
                                 "--max-tokens", "24", "--min-tokens", "16", "--no-repeat-ngram",
                                 c.size, "--beams", c.beams, "--prompt", c.prompt});
    CHECK(said.items().at(0).at("generated_text").text() == c.text);
  }
}

TEST_CASE("cli: options out of range are refused by name") {
  const std::string folder = kModels + "caption", one = picture("caption", 0);
  const std::pair<const char*, const char*> wrong[] = {{"--batch", "0"},
                                                       {"--batch", "1000000000"},
                                                       {"--beams", "0"},
                                                       {"--beams", "100000"},
                                                       {"--max-tokens", "0"},
                                                       {"--max-tokens", "9999999"},
                                                       {"--min-tokens", "-1"},
                                                       {"--returned", "0"},
                                                       {"--returned", "2"},
                                                       {"--length-penalty", "nan"},
                                                       {"--length-penalty", "inf"},
                                                       {"--repetition-penalty", "0"},
                                                       {"--repetition-penalty", "nan"},
                                                       {"--no-repeat-ngram", "-1"},
                                                       {"--seed", "-1"},
                                                       {"--top-k", "-1"},
                                                       {"--top-p", "nan"},
                                                       {"--top-p", "1.5"},
                                                       {"--temperature", "0"},
                                                       {"--temperature", "nan"},
                                                       {"--temperature", "inf"}};
  for (const auto& [option, value] : wrong) {
    const Result r = run({"caption", folder, one, option, value});
    INFO(option << " " << value << ": " << r.err);
    CHECK(r.code == 2);
    std::string name = std::string(option).substr(2, 3);
    std::replace(name.begin(), name.end(), '-', '_');
    CHECK_THAT(r.err, Catch::Contains(name == "max" || name == "min" ? "_length" : name) ||
                          Catch::Contains(option));
  }
  const std::string data = "none.json";
  CHECK(run({"eval", "retrieval", folder, "--data", data, "--rerank", "-1"}).code == 2);
  CHECK(run({"eval", "caption", folder, "--data", data, "--batch", "0"}).code == 2);
  CHECK(run({"answer", kModels + "vqa", one, "--question", "what?", "--rank", "0"}).code == 2);
  CHECK(run({"answer", kModels + "vqa", one, "--question", "what?", "--beams", "0"}).code == 2);
  CHECK(run({"match", folder, one, "--text", "a", "--batch", "nan"}).code == 2);
}

TEST_CASE("cli: one picture gives a flat list, a list of paths is read from standard input") {
  const std::string folder = kModels + "caption", one = picture("caption", 1);
  const Json flat = output_of({"caption", folder, one, "--prompt", "a picture of"});
  CHECK_THAT(flat.items().at(0).at("generated_text").text(), Catch::StartsWith("a picture of"));
  const Json listed =
      output_of({"caption", folder, "-"}, one + "\n" + picture("caption", 2) + "\n");
  REQUIRE(listed.items().size() == 2);
  CHECK(listed.items()[0].items().at(0).at("file").text() == one);
}

TEST_CASE("cli: sampled captions depend on the picture and the seed alone") {
  const std::string folder = kModels + "caption";
  const auto sampled = [&](const Words& files, const char* seed) {
    const Json said = output_of(with(with({"caption", folder}, files),
                                     {"--sample", "--seed", seed, "--returned", "3", "--top-k", "0",
                                      "--top-p", "1", "--temperature", "2"}));
    std::vector<std::string> texts;
    for (const Json& text : (files.size() == 1 ? said : said.items()[1]).items())
      texts.push_back(text.at("generated_text").text());
    return texts;
  };
  const auto alone = sampled({picture("caption", 3)}, "1");
  CHECK(sampled({picture("caption", 0), picture("caption", 3)}, "1") == alone);
  CHECK(sampled({picture("caption", 3)}, "2") != alone);
}

TEST_CASE("cli: matching scores of a Hugging Face folder are transformers'") {
  const std::string folder = kModels + "retrieval";
  const Json io = Json::read(folder + "/io.json");
  models::SafetensorsFile file(folder + "/io.safetensors");
  const Tensor itm = file.read("itm_score"), cosine = file.read("cosine");
  Words words{"match", folder, folder + "/images"};
  const auto& texts = io.at("texts").items();
  for (const Json& text : texts) words = with(words, {"--text", text.text()});
  const Json pairs = output_of(words);
  const size_t count = texts.size();
  REQUIRE(static_cast<int64_t>(pairs.items().size()) == cosine.elements());
  for (size_t i = 0; i < pairs.items().size(); ++i) {
    CHECK(pairs.items()[i].at("itc_cosine").number() ==
          Approx(static_cast<double>(cosine.data<float>()[i])).margin(1e-5));
    if (i / count != i % count) continue;  // picture i with text i was recorded
    const float* logits = itm.data<float>() + 2 * (i / count);
    const double probability = 1 / (1 + std::exp(static_cast<double>(logits[0] - logits[1])));
    CHECK(pairs.items()[i].at("itm_probability").number() == Approx(probability).margin(1e-5));
  }
  const Json enc = output_of(with(words, {"--first-token", "enc"}));
  CHECK(enc.items()[0].at("itm_probability").number() !=
        pairs.items()[0].at("itm_probability").number());
}

TEST_CASE(
    "cli: answers of a Hugging Face folder are transformers', written or chosen from a list") {
  const std::string folder = kModels + "vqa";
  const Json io = Json::read(folder + "/io.json");
  const auto& questions = io.at("questions").items();
  TempFolder temp;
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::string name = "greedy, question " + std::to_string(i) + " alone without padding";
    const auto& all = io.at("generate").items();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Json& g) { return g.at("name").text() == name; });
    REQUIRE(found != all.end());
    const std::string right = found->at("text").items().at(0).text();
    const Words words{"answer", folder, picture("vqa", static_cast<int>(i)), "--question",
                      questions[i].text()};
    const Json said = output_of(with(words, {"--beams", "1"}));
    CHECK(said.items().at(0).at("answer").text() == right);
    CHECK(said.items().at(0).at("score").number() < 0);
    write_bytes(temp / "list.txt", "there\n" + right + "\npicture\n");
    const Json chosen = output_of(with(words, {"--candidates", temp / "list.txt"}));
    CHECK(chosen.items().at(0).at("answer").text() == right);
  }
  write_bytes(temp / "empty.txt", "\n");
  CHECK(run({"answer", folder, picture("vqa", 0), "--question", "what color?", "--candidates",
             temp / "empty.txt"})
            .code == 3);
  CHECK_THAT(run({"answer", kModels + "caption", picture("vqa", 0), "--question", "what?"}).err,
             Catch::Contains("has no answer decoder"));
  CHECK_THAT(run({"caption", folder, picture("vqa", 0)}).err,
             Catch::Contains("has no caption decoder"));
}

TEST_CASE("cli: features as JSON, as lines and as a file of tensors") {
  const std::string folder = kModels + "retrieval";
  TempFolder temp;
  const std::string out = temp / "f.safetensors";
  const Words words{"features", folder, folder + "/images", "--text", "yellow circles"};
  const Json json = output_of(with(words, {"--out", out}));
  models::SafetensorsFile io(folder + "/io.safetensors"), written(out);
  const std::vector<float> right = io.read("image_feat").to_vector<float>();
  const std::vector<float> own = written.read("image_features").to_vector<float>();
  REQUIRE(own.size() == right.size());
  for (size_t i = 0; i < own.size(); ++i) CHECK(std::abs(own[i] - right[i]) < 1e-5F);
  CHECK(json.at("image_features").items()[0].at("vector").items()[1].number() ==
        Approx(static_cast<double>(own[1])));
  CHECK(json.at("text_features").items()[0].at("text").text() == "yellow circles");
  const Result lines = run(with(words, {"--kind", "multimodal"}));
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 6);
  CHECK(run({"features", folder}).code == 2);
  const std::string base = kModels + "contrastive";
  const Json unlike = output_of({"features", base, base + "/images", "--text", "yellow circles"});
  models::SafetensorsFile base_io(base + "/io.safetensors");
  CHECK(unlike.at("image_features").items()[0].at("vector").items()[0].number() ==
        Approx(static_cast<double>(base_io.read("image_embeds").data<float>()[0])).margin(1e-5));
  CHECK(run({"features", base, base + "/images", "--kind", "state"}).code == 3);
  CHECK(run({"features", kModels + "caption", picture("caption", 0)}).code == 3);
}

TEST_CASE("cli: a bad picture is reported and does not stop the others") {
  const std::string folder = kModels + "caption";
  const Result r = run({"caption", folder, picture("caption", 0), folder + "/config.json",
                        picture("caption", 1), "--json"});
  CHECK(r.code == 3);
  CHECK(Json::parse(r.out, "stdout").items().size() == 2);
  CHECK_THAT(r.err, Catch::Contains("config.json"));
}

TEST_CASE("cli: what a model cannot do, and folders that do not fit together, are errors") {
  const std::string folder = kModels + "caption";
  CHECK_THAT(run({"match", folder, picture("caption", 0), "--text", "a"}).err,
             Catch::Contains("has no matching head: it is a BlipForConditionalGeneration"));
  CHECK_THAT(run({"caption", kModels + "retrieval", picture("caption", 0)}).err,
             Catch::Contains("has no caption decoder"));
  const Result longer = run({"caption", folder, picture("caption", 0), "--max-tokens", "9999"});
  CHECK(longer.code == 2);
  CHECK_THAT(longer.err, Catch::Contains("max_positions"));

  TempFolder temp;
  const auto copy_without = [&](const std::string& name, const Words& left_out) {
    const std::string to = temp / name;
    std::filesystem::create_directories(to);
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.is_regular_file() &&
          std::find(left_out.begin(), left_out.end(), entry.path().filename()) == left_out.end())
        std::filesystem::copy(entry.path(), to + "/" + entry.path().filename().string());
    return to;
  };
  const std::string picture0 = picture("caption", 0);
  const std::string no_words = copy_without("a", {"vocab.txt", "tokenizer.json"});
  const Result missing = run({"caption", no_words, picture0});
  CHECK(missing.code == 5);
  CHECK_THAT(missing.err, Catch::Contains("neither vocab.txt nor tokenizer.json"));
  const std::string no_text = copy_without("b", {"vocab.txt"});
  CHECK(run({"caption", no_text, picture0}).out == run({"caption", folder, picture0}).out);
  const std::string other = copy_without("c", {"vocab.txt"});
  write_bytes(other + "/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[DEC]\n[ENC]\na\n");
  const Result wrong = run({"caption", other, picture0});
  CHECK(wrong.code == 3);
  CHECK_THAT(wrong.err, Catch::Contains("7 pieces do not fit word embeddings of 145 rows"));
  const std::string no_weights = copy_without("d", {"model.safetensors"});
  CHECK(run({"caption", no_weights, picture0}).code == 5);
}

}  // namespace medley::train
