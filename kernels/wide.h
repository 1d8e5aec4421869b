// Wide<T>: what statistics, losses and parameter vectors are kept in when activations are T. bf16
// has 8 bits of mantissa, too few for them; the other types serve themselves.
#pragma once

#include <type_traits>

#include "core/bf16.h"

namespace medley::kernels {

template <class T>
using Wide = std::conditional_t<std::is_same_v<T, bf16>, float, T>;

}  // namespace medley::kernels
