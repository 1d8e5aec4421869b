// The attention kernels of every instruction set against the double reference, over the case table;
// and the same bits for any number of threads and for every run.
#include "kernels/attention.h"

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "tests/ops/attention_problem.h"

namespace medley::tests {
namespace {

using kernels::cpu::Isa;

std::vector<Isa> instruction_sets() {
  std::vector<Isa> sets;
  for (Isa isa : kernels::cpu::kAllIsas)
    if (kernels::cpu::cpu_has(isa)) sets.push_back(isa);
  return sets;
}

class IsaAndThreads {  // puts both back
 public:
  ~IsaAndThreads() {
    kernels::cpu::set_isa(isa_);
    set_thread_count(threads_);
  }

 private:
  Isa isa_ = kernels::cpu::isa();
  int threads_ = thread_count();
};

double largest(const Values& x) {
  double m = 0;
  for (double value : x)
    if (std::isfinite(value)) m = std::max(m, std::fabs(value));
  return m;
}

// Infinite where not both are the same infinity, or a NaN is there.
double largest_difference(const Values& x, const Values& y) {
  double m = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    const double difference = std::fabs(x[i] - y[i]);
    m = std::isfinite(difference) ? std::max(m, difference)
                                  : std::numeric_limits<double>::infinity();
  }
  return m;
}

// The rule of flash-attention's own tests: as good as a plain implementation in the same precision,
// up to a factor. The floor of 4 ulp counts from 1, because gradients are differences of terms of
// that size and may cancel to nothing.
void check_close(const char* what, const Values& kernel, const Values& naive, const Values& exact,
                 double factor) {
  constexpr double kUlp = 1.2e-7;
  const double bound = factor * largest_difference(naive, exact) + 4 * kUlp * (1 + largest(exact));
  const double error = largest_difference(kernel, exact);
  INFO(what << ": error " << error << ", naive " << largest_difference(naive, exact)
            << ", largest value " << largest(exact));
  CHECK(error <= bound);
}

TEST_CASE("attention: every case is as exact as the plain formulas in float", "[attention]") {
  const IsaAndThreads restore;
  for (const cases::AttentionCase& c : cases::attention_cases()) {
    const AttentionProblem problem(c);
    const AttentionResult exact = problem.run_reference<double>(),
                          naive = problem.run_reference<float>();
    for (Isa isa : instruction_sets()) {
      kernels::cpu::set_isa(isa);
      INFO(c.name << " on " << kernels::cpu::name_of(isa));
      const AttentionResult kernel = problem.run_kernel();
      check_close("o", kernel.o, naive.o, exact.o, 2);
      check_close("lse", kernel.lse, naive.lse, exact.lse, 2);
      check_close("dq", kernel.dq, naive.dq, exact.dq, 3);
      check_close("dk", kernel.dk, naive.dk, exact.dk, 3);
      check_close("dv", kernel.dv, naive.dv, exact.dv, 3);
    }
  }
}

TEST_CASE("attention: the same bits for any number of threads and every run", "[attention]") {
  const IsaAndThreads restore;
  const std::vector<cases::AttentionCase> cases = {
      {"many pairs", cases::repeated(40, 37), cases::repeated(40, 37), {}, 3, 32, false, 0.1f},
      {"causal", cases::repeated(3, 61), cases::repeated(3, 61), {}, 5, 64, true},
      {"kv_index", cases::text_lengths(60), cases::repeated(7, 50), cases::in_turn(60, 7), 3, 32}};
  for (const cases::AttentionCase& c : cases) {
    const AttentionProblem problem(c);
    for (Isa isa : instruction_sets()) {
      kernels::cpu::set_isa(isa);
      INFO(c.name << " on " << kernels::cpu::name_of(isa));
      set_thread_count(1);
      const AttentionResult one = problem.run_kernel();
      for (int threads : {1, 2, 3}) {
        set_thread_count(threads);
        CHECK(problem.run_kernel() == one);
      }
    }
  }
}

TEST_CASE("attention: double is the reference", "[attention]") {
  const AttentionProblem problem({"kv_index", {4, 7, 2}, {9, 5}, {1, 0, 1}, 2, 8, true, 0.2f});
  const AttentionResult kernel =
      problem.run<double>([](const auto& args) { kernels::cpu::attention_forward(args); },
                          [](const auto& args) { kernels::cpu::attention_backward(args); });
  CHECK(kernel == problem.run_reference<double>());
}

}  // namespace
}  // namespace medley::tests
