// What a person looks at while training runs: event files, the table of metrics, warnings.
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/data/decode.h"
#include "train/io/event_file.h"

namespace medley::train {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  char two[3];
  for (const char c : bytes) {
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
    text += two;
  }
  return text;
}

// The records of TensorBoard 2.21's own writer (RecordWriter, event_pb2) for the same events.
TEST_CASE("events: byte for byte as TensorBoard writes them") {
  CHECK(hex(event_record(version_event(1.5))) ==
        "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c");
  CHECK(hex(event_record(restart_event(1.5, 40))) ==
        "0f000000000000006d532b0909000000000000f83f10283a020801c49c6de8");
  CHECK(hex(event_record(picture_event(2.25, 300, "samples/0", 2, 1, "PNG"))) ==
        "2800000000000000ff70164a09000000000000024010ac022a1a0a180a0973616d706c65732f30220b08011002"
        "18032203504e47ae03bce6");
  CHECK(hex(event_record(text_event(2.25, 300, "samples/captions", "a cat"))) ==
        "3d000000000000006049f1ec09000000000000024010ac022a2f0a2d0a1073616d706c65732f63617074696f6e"
        "73420f0807120412020801420561206361744a080a060a04746578748a1b9fa2");
  CHECK(hex(scalar_event(2.25, 300, "itc", 0.25)) ==
        "09000000000000024010ac022a0c0a0a0a03697463150000803e");
}

// Fields of a message: number and bytes, of a varint its value as text.
std::vector<std::pair<int, std::string>> fields_of(const std::string& message) {
  std::vector<std::pair<int, std::string>> fields;
  size_t at = 0;
  const auto number = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(message.at(at++));
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.size()) {
    const uint64_t tag = number(), wire = tag & 7;
    std::string bytes;
    if (wire == 0) {
      bytes = std::to_string(number());
    } else {
      const size_t size = wire == 1 ? 8 : wire == 5 ? 4 : number();
      bytes = message.substr(at, size);
      at += size;
    }
    fields.emplace_back(static_cast<int>(tag >> 3), bytes);
  }
  return fields;
}

std::string field(const std::string& message, int number) {
  for (const auto& [own, bytes] : fields_of(message))
    if (own == number) return bytes;
  return "";
}

struct Shown {
  int64_t step;
  std::string tag, value;  // the value's message
};

std::vector<Shown> shown_in(const std::string& file) {
  const std::string bytes = read_bytes(file);
  std::vector<Shown> shown;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    const std::string message = bytes.substr(at + 12, length);
    CHECK(bytes.substr(at, length + 16) == event_record(message));
    at += length + 16;
    const std::string summary = field(message, 5), step = field(message, 2);
    if (summary.empty()) continue;
    const std::string value = field(summary, 1);
    shown.push_back({std::stoll(step), field(value, 1), value});
  }
  return shown;
}

TEST_CASE("events: a run shows its numbers, and pictures with what is said of them") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.tensorboard = true;
  config.eval_every = 6;
  config.eval.splits = {"val"};
  {
    Trainer trainer = Trainer::start(config, folder / "run");
    trainer.hooks.stop = [](int64_t step) { return step == 6; };
    trainer.train();
  }
  Trainer::resume(config, folder / "run").train();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run/tensorboard"))
    files.push_back(entry.path().string());
  REQUIRE(files.size() == 2);  // one per process
  std::vector<Shown> all;
  for (const std::string& file : files)
    for (Shown& one : shown_in(file)) all.push_back(std::move(one));
  int numbers = 0, pictures = 0, texts = 0, recalls = 0;
  for (const Shown& one : all) {
    if (one.tag == "itc") {
      float value = 0;
      std::memcpy(&value, field(one.value, 2).data(), sizeof value);
      ++numbers;
      bool found = false;
      for (const Json& line : read_metrics(folder / "run/metrics.jsonl"))
        if (line.at("step").integer() == one.step && line.find("itc"))
          found |= value == static_cast<float>(line.at("itc").number());
      CHECK(found);
    }
    recalls += one.tag == "eval/val/i2t/r1";
    if (one.tag == "samples/captions") {
      ++texts;
      CHECK_THAT(field(field(one.value, 8), 8), Catch::StartsWith("0. val/0: "));
    } else if (one.tag.starts_with("samples/")) {
      ++pictures;
      const std::string png = field(field(one.value, 4), 4);
      const Image image =
          decode_image({reinterpret_cast<const uint8_t*>(png.data()), png.size()}, "of the event");
      CHECK(image.width == config.model.image_size);
    }
  }
  CHECK(numbers == 5);
  CHECK(recalls == 2);
  CHECK(texts == 2);
  CHECK(pictures == 16);
}

TEST_CASE("metrics: the same as a table") {
  CHECK(metrics_csv({}) == "\n");
  CHECK(metrics_csv({Json::parse(R"({"step": 1, "itc": 0.5, "note": "x"})", "a"),
                     Json::parse(R"({"step": 1, "eval": {"val": {"i2t": {"r1": 0.25}}}})", "b"),
                     Json::parse(R"({"step": 2, "itc": 1e-7})", "c")}) ==
        "step,itc,eval.val.i2t.r1\n1,0.5\n1,,0.25\n2,1e-07,\n");
  set_log_level(LogLevel::error);
  TempFolder folder;
  Trainer::start(tiny_config(), folder / "run").train();
  const std::string table = read_bytes(folder / "run/metrics.csv");
  CHECK_THAT(table, Catch::StartsWith("step,itc,itm,itm_accuracy,lm,"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 6);
}

TEST_CASE("watch: a loss at its chance level and a temperature that collapses are told once") {
  const auto figures = [](double itc, double itm, double temperature) {
    return Figures{{{"itc", models::Figure::loss},
                    {"itm", models::Figure::loss},
                    {"temperature", models::Figure::last}},
                   {itc, itm, temperature}};
  };
  const auto watch = [] {
    return LossWatch({models::one_of("itc", "", 64), {"itm", "", 0.6365, "", 1000}}, 100);
  };
  LossWatch flat = watch();
  for (int64_t step = 50; step < 400; step += 50)
    CHECK(flat.look(step, figures(4.1, 0.6365, 0.07)).empty());
  const std::vector<std::string> told = flat.look(400, figures(4.1, 0.6365, 0.07));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0],
             Catch::Contains("itc has been at what guessing gives (4.159 = ln 64) for 300") &&
                 Catch::Contains("docs/recipes.md"));
  CHECK(flat.look(450, figures(4.1, 0.6365, 0.07)).empty());
  CHECK(flat.look(1100, figures(4.1, 0.6365, 0.07)).size() == 1);  // itm may wait longer

  LossWatch learns = watch();
  for (int64_t step = 50; step < 3000; step += 50)
    CHECK(learns.look(step, figures(step % 200 == 0 ? 3.9 : 4.1, 0.5, 0.03)).empty());
  LossWatch cold = watch();
  CHECK(cold.look(250, figures(2, 0.5, 0.019)).size() == 1);
  CHECK(cold.look(300, figures(2, 0.5, 0.018)).empty());
  CHECK(watch().look(1000, figures(2, 0.5, 0.019)).empty());
}

}  // namespace
}  // namespace medley::train
