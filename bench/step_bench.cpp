// The whole pre-training step (forward, backward, AdamW) on made-up pictures and captions:
//   step_bench --benchmark_filter=step/scenes/threads:2
//   step_bench --benchmark_filter=step/base/cuda        f32 and bf16 on the first GPU, where there
//   is one
// Captions are uniform in length, with the mean and the longest of the data; weights are random, as
// in a first step.
#include <benchmark/benchmark.h>

#include <string>

#include "autograd/tape.h"
#include "core/cuda/device.h"
#include "core/philox.h"
#include "core/str.h"
#include "core/threads.h"
#include "kernels/adamw.h"
#include "kernels/dispatch.h"
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

void step(benchmark::State& state, Case c, Device device, DType dtype) {
  const models::Preset preset = models::preset(c.preset);
  models::Blip blip(preset.model, preset.losses, kTokens, dtype, device, 0);
  const models::Batch batch = models::to(make_batch(c, preset.model), device);
  const Tensor weights = blip.weights().weights.flat(), gradients = blip.weights().gradients.flat();
  const Tensor m = Tensor::zeros(weights.shape(), DType::f32, device),
               v = Tensor::zeros(weights.shape(), DType::f32, device);
  int64_t t = 0;
  const auto run = [&] {
    gradients.fill_zero();
    autograd::Tape tape;
    models::BatchResult result;
    {
      autograd::Recording recording(tape);
      models::BatchInfo info;
      info.batch = t;
      result = blip.pretrain(batch, info);
    }
    tape.backward(result.total);
    MEDLEY_KERNEL(adamw, device,
                  kernels::AdamW<float>{.n = weights.elements(),
                                        .weight = weights.data<float>(),
                                        .gradient = gradients.data<float>(),
                                        .m = m.data<float>(),
                                        .v = v.data<float>(),
                                        .step = ++t,
                                        .lr = 1e-4,
                                        .decay = 0.05});
    weights.bump_version();
    blip.weights().refresh();
    benchmark::DoNotOptimize(result.total.item());
  };
  for (int i = 0; i < 2; ++i) run();  // memory, and a GPU's plans and constants
  for (auto _ : state) run();
  state.SetItemsProcessed(state.iterations() * c.batch);
}

}  // namespace

int main(int argc, char** argv) {
  const auto enter = [](const std::string& name, const auto& run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  for (const Case& c : kCases) {
    for (const int threads : {1, 2}) {
      enter(str("step/", c.preset, "/threads:", threads), [=](benchmark::State& state) {
        set_thread_count(threads);
        step(state, c, Device{}, DType::f32);
      });
    }
  }
  // The emulated device is no GPU: its times say nothing.
  if (cuda::kBackend == cuda::Backend::runtime && cuda::device_count() > 0) {
    for (Case c : kCases) {
      c.batch = kGpuBatch;
      for (const DType dtype : {DType::f32, DType::bf16})
        enter(str("step/", c.preset, "/cuda/", dtype), [=](benchmark::State& state) {
          step(state, c, Device{Device::Cuda, 0}, dtype);
        });
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
