// The command line of attention_bench: one flag an axis. Numeric flags take lists; every
// combination is measured.
#pragma once

#include <string>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "tests/ops/cases/attention_cases.h"

namespace medley::bench {

enum class Direction { forward, backward };
const char* name_of(Direction direction);

// One measurement.
struct AttentionRun {
  cases::AttentionCase shape;
  std::string backend;  // medley, naive or cudnn
  Device device;
  DType dtype = DType::f32;
  Direction direction = Direction::forward;
  int threads = 1;  // on the CPU

  std::string name() const;  // attention/SHAPE/BACKEND/DTYPE/DEVICE/DIRECTION
};

struct AttentionOptions {
  std::vector<AttentionRun> runs;
  double peak_tflops = 0, peak_gbs = 0;  // 0: from bench/roofline.h
  bool help = false, check = false;
};

extern const char* const kAttentionHelp;

// Takes its flags out of the arguments and leaves --benchmark_* ones. Throws ValueError for a flag
// or a value that means nothing, and for combinations that cannot be run.
AttentionOptions parse_attention_options(int& argc, char** argv);

}  // namespace medley::bench
