// Dropout whose mask is a pure function of (key, batch, row, column): forward, backward and every
// device agree bit for bit, and no mask is stored. Kept elements are scaled by 1 / (1 - p).
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "core/philox.h"

namespace medley::kernels {

// p = 0 keeps everything and draws nothing.
struct DropoutKey {
  float p = 0;
  uint64_t seed = 0;
  // [1], on the device of the data; null: step 0. Read when the kernel runs: the arguments of a
  // captured graph are fixed, while the step moves on.
  const uint64_t* step = nullptr;
  uint32_t site = 0;  // which dropout of the model: unique within a step

  constexpr uint32_t now() const { return step ? static_cast<uint32_t>(*step) : 0; }
  constexpr bool active() const { return p > 0; }
  // Elements are kept when their 16-bit draw is at least this.
  constexpr uint32_t threshold() const { return static_cast<uint32_t>(p * 65536.0f + 0.5f); }
  constexpr float scale() const { return 65536.0f / static_cast<float>(65536u - threshold()); }
};

// Eight draws of 16 bits: columns 8c .. 8c + 7 of one row. Purpose::dropout is part of the key
// word.
constexpr std::array<uint32_t, 4> dropout_block(const DropoutKey& key, uint32_t batch, uint32_t row,
                                                uint32_t c) {
  const auto low = static_cast<uint32_t>(key.seed), high = static_cast<uint32_t>(key.seed >> 32);
  return philox4x32({c, row, batch, key.now()},
                    {low ^ (static_cast<uint32_t>(Purpose::dropout) << 24), high ^ key.site});
}

constexpr bool dropout_keeps(const DropoutKey& key, uint32_t batch, uint32_t row, uint32_t column) {
  const uint32_t word = dropout_block(key, batch, row, column / 8)[(column % 8) / 2];
  return ((column % 2 != 0 ? word >> 16 : word) & 0xffffu) >= key.threshold();
}

// y[rows, n] = x dropped; also its own backward (dx from dy with the same key). y may be x.
template <class T>
struct Dropout {
  int64_t rows = 0, n = 0;
  const T* x = nullptr;
  T* y = nullptr;
  bool accumulate = false;  // y += instead of y =
  DropoutKey key;           // element (0, row, column)
};

namespace cpu {
void dropout(const Dropout<float>& args);
void dropout(const Dropout<double>& args);
}  // namespace cpu

namespace cuda {
void dropout(const Dropout<float>& args, Stream stream);
void dropout(const Dropout<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
