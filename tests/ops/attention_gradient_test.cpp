// The double reference against central differences of itself: every element of dq, dk and dv of
// small problems.
#include "tests/ops/attention_problem.h"

namespace medley::tests {
namespace {

// sum(o * d_o), whose gradients dq, dk, dv are.
double objective(const AttentionProblem& problem) {
  const AttentionResult result = problem.run<double>(
      [](const auto& args) { kernels::reference::attention_forward(args); }, [](const auto&) {});
  double sum = 0;
  for (size_t i = 0; i < result.o.size(); ++i) sum += result.o[i] * problem.d_o[i];
  return sum;
}

void check_gradient(AttentionProblem& problem, Values AttentionProblem::*input,
                    const Values& gradient) {
  constexpr double kStep = 1e-5;
  Values& x = problem.*input;
  for (size_t i = 0; i < x.size(); ++i) {
    const double before = x[i];
    x[i] = before + kStep;
    const double above = objective(problem);
    x[i] = before - kStep;
    const double below = objective(problem);
    x[i] = before;
    REQUIRE(gradient[i] == Approx((above - below) / (2 * kStep)).epsilon(1e-6).margin(1e-8));
  }
}

TEST_CASE("attention: the reference's gradients are those of its forward", "[attention]") {
  const std::vector<cases::AttentionCase> cases = {
      {"bidirectional", {4}, {6}, {}, 2, 3},
      {"causal", {5}, {3}, {}, 1, 4, true},
      {"kv_index", {2, 3, 1}, {4, 2, 3}, {2, 0, 2}, 2, 2},
      {"dropout", {3, 2}, {5, 2}, {}, 2, 3, false, 0.4f},
      {"dropout causal kv_index", {4, 3}, {4}, {0, 0}, 1, 3, true, 0.3f}};
  for (const cases::AttentionCase& c : cases) {
    INFO(c.name);
    AttentionProblem problem(c);
    const AttentionResult result = problem.run_reference<double>();
    check_gradient(problem, &AttentionProblem::q, result.dq);
    check_gradient(problem, &AttentionProblem::k, result.dk);
    check_gradient(problem, &AttentionProblem::v, result.dv);
  }
}

}  // namespace
}  // namespace medley::tests
