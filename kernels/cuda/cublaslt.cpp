// Matrix products through cublasLt. A plan is made once for each MatmulKey: descriptors and the
// algorithms that the library's heuristic names, of which the first that runs is used. Nothing is
// timed, so that the choice, and with it every bit of the result, is the same in each run.
#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <memory>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/matmul.h"
#include "kernels/cuda/scratch.h"

namespace medley::kernels::cuda {
namespace {

// What NVIDIA recommends for sm_90 (cuBLAS documentation, cublasSetWorkspace). A plan takes what
// its algorithm needs of it; cublasLt wants it aligned to 256 bytes, as all of the allocator's is.
constexpr size_t kWorkspaceBytes = size_t{32} << 20;
constexpr int kMostChoices = 8;

void check(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw DeviceError(str("[gemm] ", call, ": ", cublasLtGetStatusString(status)));
}

cublasLtHandle_t handle() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t made;
    check(cublasLtCreate(&made), "cublasLtCreate");
    return made;
  }();
  return handle;
}

template <class Opaque, cublasStatus_t (*destroy)(Opaque)>
struct Destroy {
  void operator()(Opaque p) const { destroy(p); }
};
using Layout = std::unique_ptr<std::remove_pointer_t<cublasLtMatrixLayout_t>,
                               Destroy<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>>;
using Operation = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulDesc_t>,
                                  Destroy<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>>;
using Preference =
    std::unique_ptr<std::remove_pointer_t<cublasLtMatmulPreference_t>,
                    Destroy<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>>;

cudaDataType_t type_of(DType dtype) { return dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

Layout make_layout(DType dtype, int64_t rows, int64_t columns, int64_t ld) {
  cublasLtMatrixLayout_t made;
  check(cublasLtMatrixLayoutCreate(&made, type_of(dtype), static_cast<uint64_t>(rows),
                                   static_cast<uint64_t>(columns), ld),
        "cublasLtMatrixLayoutCreate");
  return Layout(made);
}

template <class T>
void set(const Operation& operation, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  check(cublasLtMatmulDescSetAttribute(operation.get(), attribute, &value, sizeof(value)),
        "cublasLtMatmulDescSetAttribute");
}

template <class T>
void set(const Preference& preference, cublasLtMatmulPreferenceAttributes_t attribute,
         const T& value) {
  check(cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof(value)),
        "cublasLtMatmulPreferenceSetAttribute");
}

// cublasLt counts in columns: a row-major matrix is its transpose there. So it is asked for
// d^T [n, m] = b^T [n, k] a^T [k, m], whose A is our b.
struct Plan {
  Operation operation;
  Layout a, b, d;
  std::vector<cublasLtMatmulHeuristicResult_t> choices;  // best first, without those refused
  cublasStatus_t refusal = CUBLAS_STATUS_NOT_SUPPORTED;  // the last one
};

// Sums over k may be split and added in a fixed order from a workspace in f32; not in the output
// itself, where each part would be rounded to the output's type.
constexpr uint32_t kReductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;

Preference make_preference(const MatmulKey& key) {
  cublasLtMatmulPreference_t made;
  check(cublasLtMatmulPreferenceCreate(&made), "cublasLtMatmulPreferenceCreate");
  Preference preference(made);
  const auto& [a, b, bias, c, d] = key.alignment;
  set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
  set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, kReductions);
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, uint32_t{b});
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, uint32_t{a});
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, uint32_t{key.has_c ? c : d});
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, uint32_t{d});
  return preference;
}

Plan make_plan(const Matmul& args, const MatmulKey& key) {
  Plan plan;
  // 32F is true f32; TF32 would be CUBLAS_COMPUTE_32F_FAST_TF32.
  cublasLtMatmulDesc_t made;
  check(cublasLtMatmulDescCreate(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "cublasLtMatmulDescCreate");
  plan.operation.reset(made);
  set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSA, args.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSB, args.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  if (args.bias != nullptr) {
    set(plan.operation, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    set(plan.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, args.bias);  // for its alignment
  }
  plan.a = args.b.transposed ? make_layout(args.in, args.k, args.n, args.b.ld)
                             : make_layout(args.in, args.n, args.k, args.b.ld);
  plan.b = args.a.transposed ? make_layout(args.in, args.m, args.k, args.a.ld)
                             : make_layout(args.in, args.k, args.m, args.a.ld);
  plan.d = make_layout(args.out, args.n, args.m, args.ldd);

  cublasLtMatmulHeuristicResult_t named[kMostChoices] = {};
  int count = 0;
  const Preference preference = make_preference(key);
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      handle(), plan.operation.get(), plan.a.get(), plan.b.get(), plan.d.get(), plan.d.get(),
      preference.get(), kMostChoices, named, &count);
  if (status != CUBLAS_STATUS_SUCCESS) {
    plan.refusal = status;
    return plan;
  }
  for (int i = 0; i < count; ++i)
    if (named[i].state == CUBLAS_STATUS_SUCCESS && named[i].workspaceSize <= kWorkspaceBytes)
      plan.choices.push_back(named[i]);
  return plan;
}

// cublasLtMatmul returns these before it launches anything; after any other error C may be written.
bool is_refusal(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH ||
         status == CUBLAS_STATUS_INVALID_VALUE;
}

[[noreturn]] void throw_refused(const Matmul& args, cublasStatus_t refusal) {
  const auto operand = [](const MatmulOperand& x) {
    return str("rows of stride ", x.ld, x.transposed ? ", transposed" : "");
  };
  throw DeviceError(
      str("[gemm] cublasLt ", cublasLtGetVersion(), " has no algorithm for C [", args.m, ", ",
          args.n, "] = A [", args.m, ", ", args.k, "] (", operand(args.a), ") B [", args.k, ", ",
          args.n, "] (", operand(args.b), "), ", name_of(args.in), " to ", name_of(args.out), ": ",
          cublasLtGetStatusString(refusal)),
      "row strides and addresses that are multiples of 16 bytes leave it most to choose from");
}

PlanCache<MatmulKey, Plan>& cache() {
  static PlanCache<MatmulKey, Plan> cache;
  return cache;
}

}  // namespace

bool matmul(const Matmul& args, Stream stream) {
  const MatmulKey key(args);
  Plan& plan = cache().get(key, [&] { return make_plan(args, key); });
  if (args.bias != nullptr) set(plan.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, args.bias);
  const float one = 1, beta = args.c == nullptr ? 0 : 1;
  for (; !plan.choices.empty(); plan.choices.erase(plan.choices.begin())) {
    const cublasLtMatmulHeuristicResult_t& choice = plan.choices.front();
    const Scratch<std::byte> workspace(static_cast<int64_t>(choice.workspaceSize));
    const cublasStatus_t status =
        cublasLtMatmul(handle(), plan.operation.get(), &one, args.b.data, plan.a.get(), args.a.data,
                       plan.b.get(), &beta, args.c == nullptr ? args.d : args.c, plan.d.get(),
                       args.d, plan.d.get(), &choice.algo, workspace.data(), choice.workspaceSize,
                       static_cast<cudaStream_t>(stream.native));
    if (!is_refusal(status)) {
      check(status, "cublasLtMatmul");
      return true;
    }
    plan.refusal = status;
  }
  if (args.bias == nullptr && args.c == nullptr) throw_refused(args, plan.refusal);
  return false;
}

PlanStats matmul_plan_stats() { return cache().stats(); }

}  // namespace medley::kernels::cuda
