// The whole pre-training step (forward, backward, AdamW) on made-up pictures and captions:
//   step_bench --benchmark_filter=step/scenes/threads:2
// Captions are uniform in length, with the mean and the longest of the data; weights are random, as
// in a first step.
#include <benchmark/benchmark.h>

#include <string>

#include "autograd/tape.h"
#include "core/philox.h"
#include "core/threads.h"
#include "kernels/adamw.h"
#include "models/blip/blip.h"

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

void step(benchmark::State& state, Case c, int threads) {
  set_thread_count(threads);
  const models::Preset preset = models::preset(c.preset);
  models::Blip blip(preset.model, preset.losses, kTokens, DType::f32, Device{}, 0);
  const models::Batch batch = make_batch(c, preset.model);
  const Tensor weights = blip.weights().weights.flat(), gradients = blip.weights().gradients.flat();
  const Tensor m = Tensor::zeros(weights.shape()), v = Tensor::zeros(weights.shape());
  int64_t t = 0;
  for (auto _ : state) {
    gradients.fill_zero();
    autograd::Tape tape;
    models::StepResult result;
    {
      autograd::Recording recording(tape);
      models::StepInfo info;
      info.step = t;
      result = blip.pretrain(batch, info);
    }
    tape.backward(result.total);
    kernels::cpu::adamw(kernels::AdamW<float>{.n = weights.elements(),
                                              .weight = weights.data<float>(),
                                              .gradient = gradients.data<float>(),
                                              .m = m.data<float>(),
                                              .v = v.data<float>(),
                                              .step = ++t,
                                              .lr = 1e-4,
                                              .decay = 0.05});
    weights.bump_version();
    benchmark::DoNotOptimize(result.total.item());
  }
  state.SetItemsProcessed(state.iterations() * c.batch);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Case& c : kCases)
    for (const int threads : {1, 2})
      benchmark::RegisterBenchmark(
          (std::string("step/") + c.preset + "/threads:" + std::to_string(threads)).c_str(), step,
          c, threads)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
