// PNG files in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace medley::train {

// 8-bit pixels, [height, width, channels], channels 3 (RGB) or 4 (RGBA).
std::vector<uint8_t> encode_png(int64_t width, int64_t height, int64_t channels,
                                std::span<const uint8_t> pixels);

}  // namespace medley::train
