// Arguments of attention forward that do not fit, seen by the host or by a kernel; bounds that are
// too small or not known; dropout's mask; nothing to do.
#include <algorithm>

#include "core/cuda/fault.h"
#include "core/error.h"
#include "tests/cuda/attention_problem.h"

namespace medley::tests {
namespace {

using Catch::Contains;

constexpr ForwardKernel kOfBf16[] = {ForwardKernel::naive, ForwardKernel::streamed,
                                     ForwardKernel::resident};

Values rows_of(const Values& x, int64_t first, int64_t end, int64_t width) {
  return {x.begin() + first * width, x.begin() + end * width};
}
bool all_nan(const Values& x) {
  return std::all_of(x.begin(), x.end(), [](double v) { return std::isnan(v); });
}
bool all_equal_to(const Values& x, double value) {
  return std::all_of(x.begin(), x.end(), [&](double v) { return v == value; });
}

// Blocks of 4, 3 and 2 rows on 5, 6 and 7 keys.
AttentionProblem three_blocks() {
  return rounded_to<bf16>(AttentionProblem({"", {4, 3, 2}, {5, 6, 7}, {2, 1, 0}, 2, 32}));
}

TEST_CASE("attention forward: bad offsets are reported and their rows left alone", "[attention]") {
  if (no_device()) return;
  const AttentionProblem problem = three_blocks();
  const DeviceForward<bf16> device(problem);
  const ForwardResult right = device.run();
  struct Bad {
    std::vector<int32_t> cu;
    const char* message;
    int64_t first, end;  // rows that are not written
  };
  const Bad bad[] = {
      {{0, 4, -1, 9}, "cu_q decreases: -1 at position 2 after 4", 4, 9},
      {{1, 4, 7, 9}, "cu_q holds 1 at position 0, but must be from 0 to 0", 0, 4},
      {{0, 4, 7, 10}, "cu_q ends with 10 at position 3, not with 9", 7, 9},
      {{0, 4, 7, 8}, "cu_q ends with 8 at position 3, not with 9", 7, 9},
  };
  for (const Bad& b : bad)
    for (const ForwardKernel kernel : kOfBf16) {
      INFO(b.message << ", " << kernels::cuda::name_of(kernel));
      const DeviceBuffer<int32_t> cu(b.cu);
      DeviceForward<bf16> changed(problem);
      changed.args.shape.cu_q = cu.data();
      auto out = changed.fresh_outputs();
      changed.launch(out, kernel);
      CHECK_THROWS_WITH(cuda::synchronize(kCuda),
                        Contains("[attention_forward]") && Contains(b.message));
      const ForwardResult result = out.values();  // the fault is cleared
      CHECK(all_nan(rows_of(result.o, b.first, b.end, 64)));
    }
}

TEST_CASE("attention forward: bad keys are reported and leave zeros", "[attention]") {
  if (no_device()) return;
  const AttentionProblem problem = three_blocks();
  struct Bad {
    std::vector<int32_t> cu_k, kv_index;
    const char* message;
    int64_t first, end;  // rows without keys
  };
  const Bad bad[] = {
      {{0, 5, 3, 18}, {2, 1, 0}, "cu_k decreases: 3 at position 2 after 5", 4, 7},
      {{0, 5, 11, 19}, {2, 1, 0}, "cu_k ends with 19 at position 3, not with 18", 0, 4},
      {{0, 5, 11, 18}, {2, 3, 0}, "kv_index holds 3 at position 1, but must be from 0 to 2", 4, 7},
      {{0, 5, 11, 18},
       {2, 1, -7},
       "kv_index holds -7 at position 2, but must be from 0 to 2",
       7,
       9},
  };
  for (const Bad& b : bad)
    for (const ForwardKernel kernel : kOfBf16) {
      INFO(b.message << ", " << kernels::cuda::name_of(kernel));
      const DeviceBuffer<int32_t> cu_k(b.cu_k), kv_index(b.kv_index);
      DeviceForward<bf16> changed(problem);
      changed.args.shape.cu_k = cu_k.data();
      changed.args.shape.kv_index = kv_index.data();
      auto out = changed.fresh_outputs();
      changed.launch(out, kernel);
      CHECK_THROWS_WITH(cuda::synchronize(kCuda), Contains(b.message));
      const ForwardResult result = out.values();
      CHECK(all_equal_to(rows_of(result.o, b.first, b.end, 64), 0));
      const double nothing = -std::numeric_limits<double>::infinity();
      for (int64_t h = 0; h < 2; ++h)
        CHECK(all_equal_to(rows_of(result.lse, h * 9 + b.first, h * 9 + b.end, 1), nothing));
    }
}

TEST_CASE("attention forward: a key block longer than max_k is reported", "[attention]") {
  if (no_device()) return;
  DeviceForward<bf16> device(three_blocks());
  device.args.shape.max_k = 5;  // rounded up to 16 keys, which hold all
  CHECK_NOTHROW(device.run(ForwardKernel::resident));
  DeviceForward<bf16> longer(rounded_to<bf16>(AttentionProblem({"", {4, 3}, {5, 17}, {}, 2, 32})));
  longer.args.shape.max_k = 16;
  CHECK_THROWS_WITH(longer.run(ForwardKernel::resident),
                    Contains("key length holds 17 at position 1, but must be from 0 to 16"));
  CHECK_NOTHROW(longer.run(ForwardKernel::streamed));
}

TEST_CASE("attention forward: results do not depend on max_q, nor on max_k not known",
          "[attention]") {
  if (no_device()) return;
  const auto check = [](auto zero) {
    using T = decltype(zero);
    DeviceForward<T> device(
        rounded_to<T>(AttentionProblem({"", {150, 3, 40}, {130, 6, 7}, {}, 1, 32})));
    for (const ForwardKernel kernel : {ForwardKernel::naive, ForwardKernel::tiled,
                                       ForwardKernel::streamed, ForwardKernel::resident}) {
      if (kernels::cuda::why_not(device.args, kernel) != nullptr) continue;
      INFO(kernels::cuda::name_of(kernel));
      const ForwardResult right = device.run(kernel);
      for (const int64_t max_q : {0, 1, 33, 1000}) {
        DeviceForward<T> changed(
            rounded_to<T>(AttentionProblem({"", {150, 3, 40}, {130, 6, 7}, {}, 1, 32})));
        changed.args.shape.max_q = max_q;
        changed.args.shape.max_k = 0;
        CHECK(for_each_schedule([&] { return changed.run(kernel); }) == right);
      }
    }
  };
  check(float{});
  check(bf16{});
}

TEST_CASE("attention forward: dropout drops what dropout_keeps names", "[attention]") {
  if (no_device()) return;
  const auto check = [](auto zero, int64_t length) {
    using T = decltype(zero);
    // With V the identity, a row of o is a row of the dropped probabilities.
    AttentionProblem problem =
        rounded_to<T>(AttentionProblem({"",
                                        {37, 50},
                                        cases::repeated(2, static_cast<int32_t>(length)),
                                        {},
                                        2,
                                        length,
                                        false,
                                        0.4f}));
    for (size_t i = 0; i < problem.v.size(); ++i) {
      const auto row = static_cast<int64_t>(i) / problem.width() % length,
                 column = static_cast<int64_t>(i) % length;
      problem.v[i] = row == column ? 1 : 0;
    }
    const kernels::DropoutKey key = problem.shape<float>().dropout;
    const DeviceForward<T> device(problem);
    for (const ForwardKernel kernel : {ForwardKernel::naive, ForwardKernel::tiled,
                                       ForwardKernel::streamed, ForwardKernel::resident}) {
      if (kernels::cuda::why_not(device.args, kernel) != nullptr) continue;
      INFO(kernels::cuda::name_of(kernel) << ", " << length);
      const Values o = device.run(kernel).o;
      int64_t wrong = 0;
      for (size_t i = 0; i < o.size(); ++i) {
        const int64_t row = static_cast<int64_t>(i) / problem.width(),
                      column = static_cast<int64_t>(i) % problem.width();
        const int64_t block = row < 37 ? 0 : 1, head = column / length;
        const bool keeps =
            kernels::dropout_keeps(key, static_cast<uint32_t>(2 * block + head),
                                   static_cast<uint32_t>(block == 0 ? row : row - 37),
                                   static_cast<uint32_t>(column % length));
        wrong += (o[i] != 0) != keeps;
      }
      CHECK(wrong == 0);
    }
  };
  for (const int64_t length : {32, 64, 128}) {
    check(float{}, length);
    check(bf16{}, length);
  }
}

TEST_CASE("attention forward: what the host can see is refused in words", "[attention]") {
  if (no_device()) return;
  const AttentionProblem problem = three_blocks();
  const auto refuses = [&](const char* message, auto change) {
    DeviceForward<bf16> device(problem);
    change(device.args);
    CHECK_THROWS_AS(device.run(), ValueError);
    CHECK_THROWS_WITH(device.run(), Contains("[attention_forward]") && Contains(message));
  };
  using Args = kernels::AttentionForward<bf16>;
  refuses("head_dim is 257, not from 1 to 256", [](Args& a) { a.shape.head_dim = 257; });
  refuses("head_dim is 0", [](Args& a) { a.shape.head_dim = 0; });
  refuses("heads is -1", [](Args& a) { a.shape.heads = -1; });
  refuses("blocks is -3", [](Args& a) { a.shape.blocks = -3; });
  refuses("q_rows is 4294967296", [](Args& a) { a.shape.q_rows = int64_t{1} << 32; });
  refuses("max_k is -1", [](Args& a) { a.shape.max_k = -1; });
  refuses("q_stride is 63, but a row has 2 heads of 32", [](Args& a) { a.q_stride = 63; });
  refuses("o_stride is -72", [](Args& a) { a.o_stride = -72; });
  refuses("for each of 4000000000 blocks and heads, more than a launch has",
          [](Args& a) { a.shape.kv_blocks = a.shape.blocks = 2'000'000'000; });
  refuses("3 query blocks but 2 key blocks", [](Args& a) {
    a.shape.kv_index = nullptr;
    a.shape.kv_blocks = 2;
  });
  refuses("no query blocks but 9 rows", [](Args& a) { a.shape.blocks = 0; });

  DeviceForward<bf16> device(problem);
  Args overlapping = device.args;
  overlapping.o = const_cast<bf16*>(overlapping.v) + 100;
  CHECK_THROWS_WITH(kernels::cuda::attention_forward(overlapping, stream()),
                    Contains("o overlaps v"));
  CHECK_THROWS_WITH(device.run(ForwardKernel::tiled),
                    Contains("the tiled kernel cannot run this: it computes in f32"));
}

TEST_CASE("attention forward: what fast kernels cannot take goes to the naive one", "[attention]") {
  if (no_device()) return;
  const AttentionProblem problem = three_blocks();
  const ForwardResult right = DeviceForward<bf16>(problem).run(ForwardKernel::naive);
  const auto refused = [](const DeviceForward<bf16>& device, const char* message) {
    CHECK(kernels::cuda::choose_forward(device.args) == ForwardKernel::naive);
    CHECK_THROWS_WITH(device.run(ForwardKernel::resident), Contains(message));
  };
  const DeviceForward<bf16> odd_stride(problem, 3);
  refused(odd_stride, "multiples of 16 bytes");
  CHECK(odd_stride.run() == right);
  DeviceForward<bf16> shifted(problem);
  ++shifted.args.k;  // one column
  refused(shifted, "multiples of 16 bytes");
  DeviceForward<bf16> negative(problem);
  negative.args.shape.scale = -1;
  refused(negative, "scale is not positive");
  const DeviceForward<bf16> other(AttentionProblem({"", {4}, {5}, {}, 1, 40}));
  refused(other, "head dim is not 32, 64 or 128");
  const DeviceForward<bf16> wide(AttentionProblem({"", {4}, {5}, {}, 1, 128}));
  CHECK(kernels::cuda::choose_forward(wide.args) == ForwardKernel::streamed);
  const DeviceForward<bf16> many(AttentionProblem({"", {4}, {225}, {}, 1, 32}));
  CHECK(kernels::cuda::choose_forward(many.args) == ForwardKernel::streamed);
  CHECK_THROWS_WITH(many.run(ForwardKernel::resident), Contains("more than 224 keys"));
}

TEST_CASE("attention forward: nothing to do, no keys, no lse", "[attention]") {
  if (no_device()) return;
  const DeviceForward<bf16> nothing(AttentionProblem({"", {}, {}, {}, 2, 32}));
  CHECK(nothing.run().o.empty());
  const DeviceForward<bf16> no_rows(AttentionProblem({"", {0, 0}, {3, 0}, {}, 2, 32}));
  CHECK(no_rows.run().o.empty());
  const DeviceForward<bf16> no_keys(AttentionProblem({"", {2, 3}, {0, 0}, {}, 2, 32}));
  for (const ForwardKernel kernel : kOfBf16) {
    const ForwardResult result = no_keys.run(kernel);
    CHECK(all_equal_to(result.o, 0));
    CHECK(all_equal_to(result.lse, -std::numeric_limits<double>::infinity()));
  }

  const DeviceForward<bf16> device(three_blocks());
  for (const ForwardKernel kernel : kOfBf16) {
    auto out = device.fresh_outputs();
    kernels::AttentionForward<bf16> args = device.args;
    args.o = out.o.data();
    kernels::cuda::attention_forward(args, kernel, stream());
    CHECK(out.o.values() == device.run(kernel).o);
  }
}

}  // namespace
}  // namespace medley::tests
