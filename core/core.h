// All of core that a program outside medley needs: <medley/core.h> when installed. An installed
// medley has the headers that the layers' headers like this one include, and no others.
#pragma once

#include "core/allocator.h"
#include "core/arena.h"
#include "core/constant.h"
#include "core/cuda/device.h"
#include "core/cuda/graph.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/flops.h"
#include "core/log.h"
#include "core/philox.h"
#include "core/scope.h"
#include "core/str.h"
#include "core/tensor.h"
#include "core/threads.h"
