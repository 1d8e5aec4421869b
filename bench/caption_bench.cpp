// Captioning one picture at base size: 384 x 384 pixels, 20 tokens, by beams:
//   caption_bench --benchmark_filter=caption/beams:3/threads:2
// vision is the image tower's part of it. Weights are random; [SEP] is forbidden, so that every
// text has its 20 tokens.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "core/philox.h"
#include "core/threads.h"
#include "models/blip/blip.h"

namespace {

using namespace medley;

constexpr models::SpecialTokens kBert{.sep = 102, .dec = 30522, .enc = 30523};
constexpr int64_t kMade = 20;

models::Blip& base() {
  static const std::unique_ptr<models::Blip> blip = [] {
    models::ModelConfig model = models::preset("base").model;
    model.image_size = 384;
    auto made = std::make_unique<models::Blip>(model, kBert, DType::f32, Device{});
    const Tensor flat = made->weights().weights.flat();
    Random random(0, Purpose::test);
    for (int64_t i = 0; i < flat.elements(); ++i)
      flat.data<float>()[i] = static_cast<float>(random.uniform(-0.04, 0.04));
    return made;
  }();
  return *blip;
}

Tensor picture() {
  std::vector<float> pixels(3 * 384 * 384);
  Random random(1, Purpose::test);
  for (float& p : pixels) p = static_cast<float>(random.uniform(-2, 2));
  return Tensor::from(pixels, {1, 3, 384, 384});
}

void vision(benchmark::State& state, int threads) {
  set_thread_count(threads);
  const Tensor image = picture();
  for (auto _ : state) benchmark::DoNotOptimize(base().encode_image(image).raw());
}

void caption(benchmark::State& state, int beams, int threads) {
  set_thread_count(threads);
  const Tensor image = picture();
  for (auto _ : state) {
    const auto texts =
        base().caption(base().encode_image(image),
                       {.max_length = kMade + 1, .min_length = kMade + 1, .beams = beams});
    benchmark::DoNotOptimize(texts.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const int threads : {1, 2}) {
    const std::string suffix = "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(("vision" + suffix).c_str(), vision, threads)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    for (const int beams : {1, 3})
      benchmark::RegisterBenchmark(("caption/beams:" + std::to_string(beams) + suffix).c_str(),
                                   caption, beams, threads)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
