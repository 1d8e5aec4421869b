// Drawings that are changed before they get on the canvas: one pass that asks, for each pixel of
// the canvas, where in the drawing it comes from, and which ink is there.
#include <algorithm>
#include <cmath>

#include "train/data/augment/elastic_net.h"
#include "train/data/scene_drawings.h"

namespace medley::train {
namespace {

constexpr double kLargest = 0.6;  // of the side: beyond it a drawing hides its neighbour
constexpr int kSamples = 2;       // each way, a pixel: drawings are about twice as fine as scenes

// out = sum of columns[i] * ink[i]
struct InkMap {
  Float4 columns[3] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
};

// Each new ink is a mixture of the old ones, mostly of one: black stays dark and white stays white
// whatever the mixture, as the parts of a row sum to one before the gain.
InkMap draw_ink_map(const SceneJitter& jitter, Random& random) {
  InkMap map;
  const bool grey = jitter.grey > 0 && random.uniform() < jitter.grey;
  if (jitter.recolour > 0) {
    const double mix = jitter.recolour * random.uniform();
    for (int row = 0; row < 3; ++row) {
      double parts[3], sum = 0;
      for (double& part : parts) sum += part = std::pow(random.uniform(), 3) + 1e-3;
      const double gain = std::exp(random.uniform(-0.5, 0.5) * jitter.recolour);
      for (int column = 0; column < 3; ++column)
        map.columns[column][row] = static_cast<float>(
            gain * ((row == column ? 1 - mix : 0.0) + mix * parts[column] / sum));
    }
  }
  if (grey)
    for (Float4& column : map.columns) {
      const float mean = (column[0] + column[1] + column[2]) / 3;
      column = Float4{mean, mean, mean, 0};
    }
  return map;
}

}  // namespace

bool SceneJitter::any() const {
  for (const double value : {mirror, turn, size, stretch, warp, recolour, grey, outline, blend})
    if (value > 0) return true;
  return false;
}

void SceneDrawings::paste_changed(Image& canvas, const PlacedDrawing& placed,
                                  const SceneJitter& jitter, Random& random) const {
  auto within = [&](double range) { return range > 0 ? random.uniform(-range, range) : 0.0; };
  const Drawing& own = drawing(placed.concept_id, placed.artist);
  const Texels* texels =
      jitter.outline > 0 && random.uniform() < jitter.outline ? &own.outline : &own.ink;
  // The other artist's drawing must be one that training may see.
  const Texels* other = nullptr;
  float share = 0;
  if (jitter.blend > 0 && random.uniform() < jitter.blend &&
      held_out_artist(placed.concept_id) < 0) {
    other = &drawing(placed.concept_id, 1 - placed.artist).ink;
    share = static_cast<float>(random.uniform());
  }
  const double flip = jitter.mirror > 0 && random.uniform() < jitter.mirror ? -1 : 1;
  const double angle = within(jitter.turn), factor = std::exp(within(jitter.size));
  const double stretch = std::exp(within(jitter.stretch) / 2);
  ElasticNet net(jitter.warp, random);
  const InkMap inks = draw_ink_map(jitter, random);

  const auto side = static_cast<double>(side_);
  const double edge = static_cast<double>(pixels(placed.size)) * factor;
  auto extent = [&](double wanted) {
    return std::clamp<int64_t>(std::lround(wanted), 2, static_cast<int64_t>(kLargest * side));
  };
  const int64_t width = extent(edge * stretch), height = extent(edge / stretch);
  auto corner = [&](double centre, int64_t size) {
    const double at = centre * side - static_cast<double>(size) / 2;
    return std::clamp<int64_t>(static_cast<int64_t>(at), 0, side_ - size);
  };
  const int64_t left = corner(placed.x, width), top = corner(placed.y, height);

  const auto cosine = static_cast<float>(std::cos(angle)),
             sine = static_cast<float>(std::sin(angle));
  const auto turn_x = static_cast<float>(flip);
  const auto source = static_cast<float>(texels->side());
  const float step_x = 1.0f / static_cast<float>(width * kSamples);
  const float step_y = 1.0f / static_cast<float>(height * kSamples);
  std::vector<Float4> line(static_cast<size_t>(width));
  for (int64_t y = 0; y < height; ++y) {
    std::fill(line.begin(), line.end(), Float4{});
    for (int sub = 0; sub < kSamples; ++sub) {
      const float v = (static_cast<float>(y * kSamples + sub) + 0.5f) * step_y;
      net.set_line(v);
      for (int64_t i = 0; i < width * kSamples; ++i) {
        const float u = (static_cast<float>(i) + 0.5f) * step_x;
        const ElasticNet::Shift shift = net.at(u);
        const float du = u - 0.5f, dv = v - 0.5f;
        const float x = (turn_x * (cosine * du - sine * dv) + shift.x + 0.5f) * source - 0.5f;
        const float at_y = (sine * du + cosine * dv + shift.y + 0.5f) * source - 0.5f;
        Float4 ink = texels->sample(x, at_y);
        if (other) ink += share * (other->sample(x, at_y) - ink);
        line[static_cast<size_t>(i / kSamples)] += ink;
      }
    }
    uint8_t* to = canvas.rgb.data() + ((top + y) * side_ + left) * 3;
    for (const Float4& sum : line) {
      const Float4 ink =
          (inks.columns[0] * sum[0] + inks.columns[1] * sum[1] + inks.columns[2] * sum[2]) *
          (1.0f / (kSamples * kSamples));
      for (int c = 0; c < 3; ++c, ++to) {
        const float value = 255.5f - 255.0f * std::min(ink[c], 1.0f);
        *to = std::min(*to, static_cast<uint8_t>(value));
      }
    }
  }
}

}  // namespace medley::train
