// What attention means at its edges: nothing visible, nobody attends, masked keys, shared keys, the
// dropout mask, and arguments that do not fit. On whatever instruction set this CPU chooses.
#include "core/error.h"
#include "kernels/cpu/attention_plan.h"
#include "tests/ops/attention_problem.h"

namespace medley::tests {
namespace {

// Row r of a [rows, width] matrix.
Values row_of(const Values& x, int64_t r, int64_t width) {
  return {x.begin() + r * width, x.begin() + (r + 1) * width};
}
bool all_zero(const Values& x) {
  return std::all_of(x.begin(), x.end(), [](double value) { return value == 0; });
}

TEST_CASE("attention: a row that sees no key gives zero, lse -inf and gradient zero",
          "[attention]") {
  // Bottom-right aligned: of 5 queries on 3 keys the first two see nothing. Block 1 has no keys at
  // all.
  const AttentionProblem problem({"", {5, 2}, {3, 0}, {}, 2, 8, true});
  const AttentionResult result = problem.run_kernel();
  for (int64_t r : {0, 1, 5, 6}) {
    INFO("row " << r);
    CHECK(all_zero(row_of(result.o, r, 16)));
    CHECK(all_zero(row_of(result.dq, r, 16)));
    for (int64_t h = 0; h < 2; ++h)
      CHECK(result.lse[static_cast<size_t>(h * 7 + r)] == -std::numeric_limits<double>::infinity());
  }
  for (int64_t r : {2, 3, 4}) CHECK_FALSE(all_zero(row_of(result.o, r, 16)));
  // Row 2 sees one key: its output is that value, exactly.
  CHECK(row_of(result.o, 2, 16) == row_of(problem.v, 0, 16));
}

TEST_CASE("attention: keys that nothing attends to get zero gradients", "[attention]") {
  const AttentionProblem problem({"", {4, 3}, {5, 6, 7}, {2, 0}, 1, 8});
  const AttentionResult result = problem.run_kernel();
  for (int64_t r = 5; r < 11; ++r) {
    CHECK(all_zero(row_of(result.dk, r, 8)));
    CHECK(all_zero(row_of(result.dv, r, 8)));
  }
  CHECK_FALSE(all_zero(row_of(result.dv, 0, 8)));
  CHECK_FALSE(all_zero(row_of(result.dv, 11, 8)));

  AttentionProblem no_queries({"", {}, {5, 6}, {}, 2, 8});
  no_queries.c.kv_index = {0};  // not null: there are fewer query blocks than key blocks
  const AttentionResult nothing = no_queries.run_kernel();
  CHECK(all_zero(nothing.dk));
  CHECK(all_zero(nothing.dv));
}

TEST_CASE("attention: later keys do not change a causal row by one bit", "[attention]") {
  AttentionProblem problem({"", {50}, {50}, {}, 2, 32, true});
  const AttentionResult before = problem.run_kernel();
  for (size_t i = 30 * 64; i < problem.k.size(); ++i) problem.k[i] = 100, problem.v[i] = -1000;
  const AttentionResult after = problem.run_kernel();
  for (int64_t r = 0; r < 30; ++r) {
    CHECK(row_of(after.o, r, 64) == row_of(before.o, r, 64));
    CHECK(row_of(after.dq, r, 64) == row_of(before.dq, r, 64));
  }
  CHECK(row_of(after.o, 30, 64) != row_of(before.o, 30, 64));
}

TEST_CASE("attention: kv_index equals a copy of the keys for each query block", "[attention]") {
  const AttentionProblem shared({"", {4, 7, 30}, {9, 20}, {1, 0, 1}, 2, 16});
  AttentionProblem copied({"", {4, 7, 30}, {20, 9, 20}, {}, 2, 16});
  copied.q = shared.q, copied.d_o = shared.d_o;
  const auto copy_keys = [](const Values& x) {  // blocks 1 0 1
    Values out(x.begin() + 9 * 32, x.end());
    out.insert(out.end(), x.begin(), x.end());
    return out;
  };
  copied.k = copy_keys(shared.k), copied.v = copy_keys(shared.v);
  const AttentionResult one = shared.run_kernel(), many = copied.run_kernel();
  CHECK(one.o == many.o);
  CHECK(one.dq == many.dq);
  for (int64_t r = 0; r < 20; ++r) {
    const Values sum = row_of(one.dk, 9 + r, 32), a = row_of(many.dk, r, 32),
                 b = row_of(many.dk, 29 + r, 32);
    for (size_t d = 0; d < 32; ++d) CHECK(sum[d] == Approx(a[d] + b[d]).margin(1e-6));
  }
}

TEST_CASE("attention: forward and backward drop the elements that dropout_keeps names",
          "[attention]") {
  // With V the identity, row r of o is row r of the dropped probabilities; with dO the identity, so
  // is column r of dv.
  constexpr int64_t kLength = 24, kHeads = 2, kWidth = kLength * kHeads;
  AttentionProblem problem({"", {24, 24}, {24, 24}, {}, kHeads, kLength, false, 0.4f});
  const auto identity = [](Values& x) {
    for (size_t i = 0; i < x.size(); ++i) {
      const auto row = static_cast<int64_t>(i) / kWidth % kLength,
                 column = static_cast<int64_t>(i) % kLength;
      x[i] = row == column ? 1 : 0;
    }
  };
  identity(problem.v);
  identity(problem.d_o);
  const AttentionResult result = problem.run_kernel();
  const kernels::DropoutKey key = problem.shape<float>().dropout;
  int kept = 0;
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t h = 0; h < kHeads; ++h)
      for (int64_t r = 0; r < kLength; ++r)
        for (int64_t c = 0; c < kLength; ++c) {
          const bool keeps =
              kernels::dropout_keeps(key, static_cast<uint32_t>(i * kHeads + h),
                                     static_cast<uint32_t>(r), static_cast<uint32_t>(c));
          const double forward =
              result.o[static_cast<size_t>((i * kLength + r) * kWidth + h * kLength + c)];
          const double backward =
              result.dv[static_cast<size_t>((i * kLength + c) * kWidth + h * kLength + r)];
          kept += keeps;
          REQUIRE((forward != 0) == keeps);
          REQUIRE((backward != 0) == keeps);
          REQUIRE(forward == Approx(backward).epsilon(1e-5));
        }
  CHECK(kept / (2.0 * kHeads * kLength * kLength) == Approx(0.6).margin(0.05));
}

TEST_CASE("attention: tiles run through the query blocks of one key block, in order",
          "[attention]") {
  const AttentionProblem problem({"", {2, 3, 1, 2}, {5, 4}, {1, 0, 1, 1}, 3, 4, true});
  const auto shape = problem.shape<float>();
  const kernels::cpu::AttentionPlan plan = kernels::cpu::plan_attention(shape);
  CHECK(plan.order == std::vector<int32_t>{1, 0, 2, 3});
  CHECK(plan.start == std::vector<int32_t>{0, 1, 4});

  kernels::cpu::AttentionRows walk(shape, plan, 1, 2);
  kernels::cpu::AttentionRow rows[4];
  REQUIRE(walk.next(rows, 4) == 4);  // block 0, block 2, and the first row of block 3
  const int64_t row[] = {0, 1, 5, 6}, visible[] = {3, 4, 4, 3};
  const uint32_t batch[] = {2, 2, 8, 11}, in_block[] = {0, 1, 0, 0};
  for (int r = 0; r < 4; ++r) {
    INFO("row " << r);
    CHECK(rows[r].row == row[r]);
    CHECK(rows[r].visible == visible[r]);
    CHECK(rows[r].batch == batch[r]);
    CHECK(rows[r].in_block == in_block[r]);
  }
  REQUIRE(walk.next(rows, 4) == 1);
  CHECK(rows[0].row == 7);
  CHECK(rows[0].in_block == 1);
  CHECK(walk.next(rows, 4) == 0);
}

TEST_CASE("attention: lse is optional", "[attention]") {
  const AttentionProblem problem({"", {9}, {12}, {}, 2, 16});
  const auto backward = [](const auto&) {};
  const auto with = [](const auto& args) { kernels::cpu::attention_forward(args); };
  const auto without = [](auto args) {
    args.lse = nullptr;
    kernels::cpu::attention_forward(args);
  };
  CHECK(problem.run<float>(without, backward).o == problem.run<float>(with, backward).o);
}

TEST_CASE("attention: kv_index is checked", "[attention]") {
  const AttentionProblem out_of_range({"", {4, 7}, {9, 20}, {1, 2}, 2, 16});
  CHECK_THROWS_AS(out_of_range.run_kernel(), ValueError);
  CHECK_THROWS_WITH(out_of_range.run_kernel(),
                    Catch::Contains("[attention] kv_index[1] is 2 but there are 2 key blocks"));
  const AttentionProblem negative({"", {4, 7}, {9, 20}, {-1, 0}, 2, 16});
  CHECK_THROWS_AS(negative.run_kernel(), ValueError);
  const AttentionProblem missing({"", {4, 7, 3}, {9, 20}, {}, 2, 16});
  CHECK_THROWS_WITH(missing.run_kernel(), Catch::Contains("3 query blocks but 2 key blocks"));
}

}  // namespace
}  // namespace medley::tests
