// The whole pre-training step, as the trainer takes it, on made-up pictures and captions:
//   step_bench --benchmark_filter=step/scenes/threads:2
//   step_bench --benchmark_filter=step/base/cuda          # f32 and bf16 on the first GPU
// Captions are uniform in length, with the mean and the longest of the data; weights are random, as
// in a first step.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "core/cuda/device.h"
#include "core/philox.h"
#include "core/str.h"
#include "core/threads.h"
#include "train/loop/step.h"

namespace {

using namespace medley;

struct Case {
  const char* preset;
  int64_t batch, shortest, longest;  // captions: tokens with [CLS] and [SEP]
};
constexpr Case kCases[] = {{"scenes", 64, 5, 8},
                           {"picturebook", 32, 3, 12},
                           {"small", 16, 7, 19},
                           {"base", 4, 7, 19},
                           {"large", 2, 7, 19}};
constexpr int64_t kGpuBatch = 64;
constexpr models::SpecialTokens kTokens;
constexpr int32_t kCls = 2, kFirstWord = 6;

models::Batch make_batch(const Case& c, const models::ModelConfig& model) {
  Random random(0, Purpose::test);
  std::vector<std::vector<int32_t>> captions;
  for (int64_t b = 0; b < c.batch; ++b) {
    const int64_t length =
        b == 0 ? c.longest
               : c.shortest + random.below(static_cast<uint32_t>(c.longest - c.shortest + 1));
    std::vector<int32_t> ids(static_cast<size_t>(length), kCls);
    for (size_t t = 1; t + 1 < ids.size(); ++t)
      ids[t] = kFirstWord + static_cast<int32_t>(
                                random.below(static_cast<uint32_t>(model.vocab_size - kFirstWord)));
    ids.back() = kTokens.sep;
    captions.push_back(std::move(ids));
  }
  std::vector<float> pixels(static_cast<size_t>(c.batch * 3 * model.image_size * model.image_size));
  for (float& p : pixels) p = static_cast<float>(random.normal());
  std::vector<int64_t> ids(static_cast<size_t>(c.batch));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i);
  models::Batch batch;
  batch.images = Tensor::from(pixels, {c.batch, 3, model.image_size, model.image_size});
  batch.text = models::pack(captions);
  batch.caption = Tensor::from(ids, {c.batch});
  batch.samples = ids;
  return batch;
}

models::Tokenizer made_up_words(int64_t count) {
  std::vector<std::string> words = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "[ENC]"};
  while (static_cast<int64_t>(words.size()) < count) words.push_back(str("w", words.size()));
  return models::Tokenizer(words);
}

// A model in training, warm.
class Training {
 public:
  Training(const Case& c, Device device, DType dtype)
      : config_(config_of(c, device, dtype)),
        state_(config_, made_up_words(config_.model.vocab_size)),
        batch_(make_batch(c, config_.model)),
        feed_([this] { return batch_; }, device) {
    options_.lr = 1e-4;
    if (device.kind == Device::Cuda) options_.graph = &graph_;
    for (int i = 0; i < 2; ++i) step();  // memory, and a GPU's plans, constants and graph
  }

  // What was wrong with it; empty when nothing was.
  std::string step() {
    const train::StepOutcome outcome = train::train_step(state_, feed_, options_);
    ++state_.step;
    return outcome.problem;
  }

 private:
  static train::TrainConfig config_of(const Case& c, Device device, DType dtype) {
    train::TrainConfig config = train::load_config(c.preset);
    config.batch_size = c.batch;
    config.device = str(device);
    config.precision = str(dtype);
    return config;
  }

  train::TrainConfig config_;
  train::TrainingState state_;
  models::Batch batch_;
  train::BatchFeed feed_;
  train::GradientGraph graph_;
  train::StepOptions options_;
};

// The one that was measured last: Google Benchmark calls a function several times for one figure,
// and the weights of `base` alone take seconds.
struct Kept {
  std::string name;
  std::unique_ptr<Training> training;

  Training& get(const Case& c, Device device, DType dtype) {
    const std::string wanted = str(c.preset, " ", str(device), " ", dtype);
    if (name == wanted) return *training;
    training.reset();  // its memory first
    training = std::make_unique<Training>(c, device, dtype);
    name = wanted;
    return *training;
  }
};

void step(benchmark::State& state, Training& training, int64_t images) {
  for (auto _ : state)
    if (const std::string problem = training.step(); !problem.empty())
      state.SkipWithError(problem.c_str());
  state.SetItemsProcessed(state.iterations() * images);
}

}  // namespace

int main(int argc, char** argv) {
  Kept kept;
  const auto enter = [](const std::string& name, const auto& run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  for (const Case& c : kCases) {
    for (const int threads : {1, 2}) {
      enter(str("step/", c.preset, "/threads:", threads), [=, &kept](benchmark::State& state) {
        set_thread_count(threads);
        step(state, kept.get(c, Device{}, DType::f32), c.batch);
      });
    }
  }
  // The emulated device is no GPU: its times say nothing.
  if (cuda::kBackend == cuda::Backend::runtime && cuda::device_count() > 0) {
    for (Case c : kCases) {
      c.batch = kGpuBatch;
      for (const DType dtype : {DType::f32, DType::bf16})
        enter(str("step/", c.preset, "/cuda/", dtype), [=, &kept](benchmark::State& state) {
          step(state, kept.get(c, Device{Device::Cuda, 0}, dtype), c.batch);
        });
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
