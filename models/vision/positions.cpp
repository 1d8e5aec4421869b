// Bicubic resampling of a grid of vectors.
#include "models/vision/positions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/str.h"

namespace medley::models {
namespace {

struct Taps {
  std::array<int64_t, 4> at;
  std::array<double, 4> weight;
};

// Keys 1981, "Cubic convolution interpolation for digital image processing", with A = -0.75 as
// OpenCV and PyTorch have it.
std::vector<Taps> make_taps(int64_t from, int64_t to) {
  constexpr double A = -0.75;
  const auto near = [](double x) { return ((A + 2) * x - (A + 3)) * x * x + 1; };
  const auto far = [](double x) { return ((A * x - 5 * A) * x + 8 * A) * x - 4 * A; };
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Taps> taps(static_cast<size_t>(to));
  for (size_t i = 0; i < taps.size(); ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5) - 0.5;
    const double base = std::floor(centre), t = centre - base;
    taps[i].weight = {far(t + 1), near(t), near(1 - t), far(2 - t)};
    for (size_t k = 0; k < 4; ++k)
      taps[i].at[k] = std::clamp<int64_t>(static_cast<int64_t>(base) - 1 + static_cast<int64_t>(k),
                                          0, from - 1);
  }
  return taps;
}

template <class T>
void resample(const T* table, T* out, int64_t side, int64_t rows, int64_t columns, int64_t C) {
  std::copy(table, table + C, out);
  const T* grid = table + C;
  T* to = out + C;
  const std::vector<Taps> down = make_taps(side, rows), across = make_taps(side, columns);
  std::vector<double> row(static_cast<size_t>(C));
  for (int64_t y = 0; y < rows; ++y)
    for (int64_t x = 0; x < columns; ++x) {
      std::fill(row.begin(), row.end(), 0.0);
      const Taps& v = down[static_cast<size_t>(y)];
      const Taps& h = across[static_cast<size_t>(x)];
      for (size_t i = 0; i < 4; ++i)
        for (size_t k = 0; k < 4; ++k) {
          const double weight = v.weight[i] * h.weight[k];
          const T* from = grid + (v.at[i] * side + h.at[k]) * C;
          for (int64_t c = 0; c < C; ++c)
            row[static_cast<size_t>(c)] += weight * static_cast<double>(from[c]);
        }
      for (int64_t c = 0; c < C; ++c)
        to[(y * columns + x) * C + c] = static_cast<T>(row[static_cast<size_t>(c)]);
    }
}

}  // namespace

Tensor resize_positions(const Tensor& table, int64_t rows, int64_t columns) {
  const int64_t tokens = table.rank() == 3 ? table.size(1) - 1 : -1;
  const int64_t side = std::llround(std::sqrt(static_cast<double>(std::max<int64_t>(tokens, 0))));
  if (table.rank() != 3 || table.size(0) != 1 || side < 1 || side * side != tokens || rows < 1 ||
      columns < 1)
    throw ShapeError(str("[positions] a table of shape ", table.shape(),
                         " cannot be resized to a grid of ", rows, " x ", columns),
                     "it must be (1, 1 + side^2, C)");
  if (side == rows && side == columns) return table;
  const int64_t C = table.size(2);
  const Tensor from = table.contiguous();
  Tensor out = Tensor::empty({1, 1 + rows * columns, C}, table.dtype());
  if (table.dtype() == DType::f64) {
    resample(from.data<double>(), out.data<double>(), side, rows, columns, C);
  } else {
    resample(from.data<float>(), out.data<float>(), side, rows, columns, C);
  }
  return out;
}

}  // namespace medley::models
