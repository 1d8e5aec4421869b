// Hugging Face folders as people have them: what says how pictures are prepared is applied or
// refused, vocabularies in every form are read, and what is no model is called what it is. Captions
// and scores are those of transformers 5.24 (BlipProcessor, generate with three beams).
#include <filesystem>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/str.h"
#include "models/weights/hf_pictures.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/temp_folder.h"
#include "train/checkpoint/hf_tokenizer.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

const std::string kCaption = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/caption";

// A copy of the folder of a captioner, to be changed.
class Folder {
 public:
  Folder() {
    fs::copy(kCaption, path());
    remove("processor_config.json");
    set_log_level(LogLevel::error);
  }
  std::string path() const { return temp_ / "model"; }
  std::string file(const std::string& name) const { return path() + "/" + name; }
  void remove(const std::string& name) { fs::remove(file(name)); }
  void write(const std::string& name, const std::string& text) { write_bytes(file(name), text); }
  // A table's key in a JSON file gets another value.
  void set(const std::string& name, const std::string& table, const std::string& key, Json value) {
    Json json = Json::read(file(name)), inner = json.at(table);
    write(name, json.set(table, inner.set(key, std::move(value))).dump());
  }
  Pipeline open() const { return Pipeline::open(path(), {.device = "cpu"}); }
  Reply caption() const { return open().caption(kCaption + "/images/1.png", {.beams = 3}); }

 private:
  TempFolder temp_;
};

std::string ids(int64_t first, const std::vector<std::string>& pieces) {
  Json json = Json::object();
  for (const std::string& piece : pieces) json.set(piece, first++);
  return json.dump();
}

}  // namespace

TEST_CASE("hf folder: mean, deviation and scale of the pictures are applied", "[huggingface]") {
  struct Case {
    const char *json, *text;
    double score;
  };
  const Case cases[] = {
      {R"({"size": 32, "do_pad": true, "size_divisor": 32, "image_mean": null})",
       "three yellow circles near the bottom of the picture, drawn by hand", -0.2213725745677948},
      {R"({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})",
       "three yellow squares on the bottom", -0.4378364682197571},
      {R"({"do_rescale": false, "image_mean": 127.5, "image_std": [127.5, 100, 150]})",
       "three yellow squares on the bottom", -0.5024174451828003},
      {R"({"do_normalize": false})",
       "three yellow circles near the top of the picture, drawn by hand", -0.4238821864128113},
      {R"({"rescale_factor": 0.00784313725490196})",
       "a red cross near the right of the picture, drawn by hand", -0.33439305424690247}};
  for (const Case& c : cases) {
    INFO(c.json);
    Folder folder;
    folder.write("preprocessor_config.json", c.json);
    const Reply said = folder.caption();
    CHECK(said.text == c.text);
    CHECK(said.score == Approx(c.score).margin(2e-5));
    // The newer file comes first, as in transformers.
    folder.write("processor_config.json", str(R"({"image_processor": )", c.json, "}"));
    folder.write("preprocessor_config.json", R"({"do_resize": false})");
    CHECK(folder.caption().text == c.text);
  }
}

TEST_CASE("hf folder: what prepares pictures in a way that medley does not have is refused",
          "[huggingface]") {
  Folder folder;
  const std::pair<const char*, const char*> cases[] = {
      {R"({"resample": 2})", "'resample' is 2: medley resizes by 3, which is bicubic"},
      {R"({"do_resize": false})", "'do_resize' is false"},
      {R"({"size": {"shortest_edge": 32}})", "medley makes every picture a square"},
      {R"({"size": {"height": 32, "width": 48}})", "medley makes every picture a square"},
      {R"({"size": 48})", "'size' is 48, but config.json says image_size 32"},
      {R"({"do_center_crop": true, "crop_size": {"height": 24, "width": 24}})", "does not crop"},
      {R"({"do_pad": true, "pad_size": {"height": 64, "width": 64}})", "adds no borders"},
      {R"({"image_processor_type": "ViTImageProcessor"})", "as BlipImageProcessor does"},
      {R"({"image_std": [0.5, 0, 0.5]})", "'image_std' is [0.5,0,0.5]: a number in 0.001"},
      {R"({"image_mean": [0.5]})", "three numbers are wanted"},
      {R"({"do_rescale": "yes"})", "true or false is wanted"},
      {R"({"rescale_factor": 1e300})", "'rescale_factor' is 1e+300"},
      {"[]", "it holds no object"}};
  for (const auto& [json, problem] : cases) {
    INFO(json);
    folder.write("preprocessor_config.json", json);
    CHECK_THROWS_WITH(folder.open(), Catch::Contains(problem));
  }
  // The tensors can be looked at all the same.
  CHECK(run({"inspect", folder.path()}).code == 0);
}

TEST_CASE("hf folder: an export says how its pictures are prepared, and is read as it was",
          "[huggingface]") {
  Folder folder;
  folder.write("preprocessor_config.json", R"({"image_mean": 0.5, "image_std": 0.5})");
  TempFolder temp;
  const std::string out = temp / "out";
  REQUIRE(run({"convert", folder.path(), out, "--to", "caption"}).code == 0);
  const models::HfPictures pictures = models::read_hf_pictures(out);
  CHECK(pictures.usual());
  CHECK(pictures.side == 32);
  const Reply said = Pipeline::open(out).caption(kCaption + "/images/1.png", {.beams = 3});
  CHECK(said.text == "three yellow squares on the bottom");
  // transformers leaves out of a caption what is declared.
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const Json json = Json::read(out + "/" + name);
    CHECK(json.at("additional_special_tokens").dump() == R"(["[DEC]","[ENC]"])");
  }
}

TEST_CASE("hf folder: a vocabulary beside added tokens, and more rows than pieces",
          "[huggingface]") {
  Folder folder;
  const Reply right = folder.caption();
  const models::Tokenizer whole = folder.open().model().tokenizer;
  const int64_t dec = whole.dec();
  REQUIRE(whole.enc() == dec + 1);
  std::string plain;
  for (int64_t i = 0; i < dec; ++i) plain += whole.vocabulary()[static_cast<size_t>(i)] + "\n";
  folder.write("vocab.txt", plain);
  CHECK(folder.caption().text == right.text);
  folder.write("added_tokens.json", ids(dec, {"[DEC]", "[ENC]"}));
  CHECK(folder.caption().text == right.text);
  CHECK(folder.caption().score == right.score);
  folder.write("added_tokens.json", ids(dec + 1, {"[DEC]", "[ENC]"}));
  CHECK_THROWS_WITH(folder.open(), Catch::Contains("ids must run from 0"));
  folder.write("added_tokens.json", ids(dec, {"[DEC]", "[ENC]", "more"}));
  CHECK_THROWS_WITH(folder.open(), Catch::Contains("pieces do not fit word embeddings of"));
  folder.remove("added_tokens.json");
  models::HfConfig padded = models::read_hf_config(folder.file("config.json"));
  padded.model.vocab_size += 3;
  const models::Tokenizer tokenizer = read_hf_tokenizer(folder.path(), padded);
  CHECK(tokenizer.size() == padded.model.vocab_size);
  CHECK(tokenizer.dec() == dec);
  CHECK(tokenizer.encode("[unused7]") == whole.encode("[unused7]"));
}

TEST_CASE("hf folder: without architectures the weights say which model it is", "[huggingface]") {
  Folder folder;
  const std::string text = Json::read(folder.file("config.json")).dump();
  const auto with = [&](const char* key, Json value) {
    Json json = Json::parse(text, "config.json");
    folder.write("config.json", json.set(key, std::move(value)).dump());
  };
  with("architectures", Json());
  CHECK(folder.open().model().kind == "a BlipForConditionalGeneration");
  with("architectures", Json::array().push("Blip2ForConditionalGeneration"));
  CHECK_THROWS_WITH(folder.open(), Catch::Contains("'Blip2ForConditionalGeneration' is no BLIP"));
  Json other = Json::parse(text, "config.json");
  other.set("architectures", Json()).set("model_type", "blip-2");
  folder.write("config.json", other.dump());
  CHECK_THROWS_WITH(folder.open(), Catch::Contains("the model type 'blip-2' is no BLIP"));
}

TEST_CASE("hf folder: a config.json that asks for anything costs nothing", "[huggingface]") {
  const std::tuple<const char*, const char*, Json, const char*> cases[] = {
      {"text_config", "num_hidden_layers", Json(1'000'000), "not a whole number in 1 .. 1000"},
      {"text_config", "num_hidden_layers", Json(900), "is 900, but the weights have"},
      {"vision_config", "num_hidden_layers", Json(1000), "is 1000, but the weights have"},
      {"vision_config", "hidden_size", Json(int64_t{1} << 62), "not a whole number in 1 .. 65536"},
      {"vision_config", "image_size", Json(1'000'000'000), "not a whole number in 1 .. 16384"},
      {"vision_config", "image_size", Json(16384), "'vision_config.image_size' gives"},
      {"text_config", "vocab_size", Json(16'000'000), "'text_config.vocab_size' gives 16000000"},
      {"text_config", "intermediate_size", Json(65536), "gives 65536, but"},
      {"text_config", "max_position_embeddings", Json(1e7), "gives 10000000, but"},
      {"text_config", "hidden_dropout_prob", Json(1e300), "not in 0 .. 1"},
      {"text_config", "bos_token_id", Json(-1), "not a whole number in 0 .."}};
  for (const auto& [table, key, value, problem] : cases) {
    INFO(key << " " << value.dump());
    Folder folder;
    folder.set("config.json", table, key, value);
    CHECK_THROWS_WITH(folder.open(), Catch::Contains(problem));
  }
}

TEST_CASE("hf folder: adapters, git-lfs pointers and names of the hub are called what they are",
          "[huggingface]") {
  Folder folder;
  folder.write("model.safetensors",
               "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 989721336\n");
  CHECK_THROWS_WITH(folder.open(),
                    Catch::Contains("a pointer of git-lfs") && Catch::Contains("git lfs pull"));
  folder.write("adapter_config.json", R"({"base_model_name_or_path": "Salesforce/blip"})");
  CHECK_THROWS_WITH(folder.open(), Catch::Contains("is an adapter of Salesforce/blip") &&
                                       Catch::Contains("merge_and_unload"));
  CHECK_THROWS_WITH(Pipeline::open("Salesforce/blip-image-captioning-base"),
                    Catch::Contains("hf download Salesforce/blip-image-captioning-base"));
}

}  // namespace medley::train
