#!/bin/sh
# self_test.sh COMPILER: a small tree without a breach, which every check must pass, and small trees
# with one breach each, which the check of it must refuse with the name of the file. Then a report of
# ptxas with three breaches.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

clean_tree() {
  rm -rf "$tree"
  for folder in core kernels/cpu kernels/cuda kernels/reference autograd/ops models train \
    tests/ops/cases tests/cuda bench cmake .ci; do
    mkdir -p "$tree/$folder"
  done
  echo 'packages=(cmake g++)' >"$tree/medley"
  : >"$tree/CMakeLists.txt"
  cp "$here/../../.clang-format" "$tree"
  echo '#include <vector>' >"$tree/core/shape.h"
  for file in kernels/gelu.h kernels/reference/gelu.h autograd/ops/gelu.h \
    tests/ops/cases/gelu_cases.h; do
    echo '#include "core/shape.h"' >"$tree/$file"
  done
  echo '#include "kernels/gelu.h"' >"$tree/kernels/kernels.h"
  echo '#include "autograd/ops/gelu.h"' >"$tree/autograd/autograd.h"
  for file in kernels/cpu/gelu.cpp kernels/cuda/gelu.cu tests/ops/gelu_test.cpp \
    tests/cuda/gelu_test.cpp autograd/ops/gelu.cpp; do
    echo '#include "kernels/gelu.h"' >"$tree/$file"
  done
}

# must_fail SCRIPT WORD: the check fails, and says WORD.
must_fail() {
  script=$1 word=$2
  if output=$(sh "$here/$script" "$tree" "$tree/build" "$compiler" 2>&1); then
    echo "$script did not see: $word"
    failures=1
  elif ! echo "$output" | grep -qF -- "$word"; then
    echo "$script failed without naming '$word': $output"
    failures=1
  fi
  clean_tree
}

clean_tree
for script in layering.sh ops_complete.sh file_length.sh headers_alone.sh test_names.sh \
  comments.sh; do
  sh "$here/$script" "$tree" "$tree/build" "$compiler" || { echo "$script refuses a good tree"; failures=1; }
done

echo '#include "models/vit.h"' >"$tree/core/bad.h" && : >"$tree/models/vit.h"
must_fail layering.sh 'core/bad.h:1: core may not use models'
echo '#  include "kernels/gone.h"' >"$tree/train/bad.cpp"
must_fail layering.sh 'there is no such file: kernels/gone.h'
echo '#include "shape.h"' >"$tree/core/bad.inc"
must_fail layering.sh 'core/bad.inc:1: not a path'
echo '#include <Eigen/Core>' >"$tree/autograd/bad.cpp"
must_fail layering.sh 'autograd/bad.cpp:1: Eigen'
echo '#include <cuda_runtime.h>' >"$tree/kernels/bad.cuh"
must_fail layering.sh 'kernels/bad.cuh:1: CUDA headers'
echo '#include "autograd/ops/gelu.h"' >"$tree/kernels/cuda/bad.cu"
must_fail layering.sh 'kernels/cuda/bad.cu:1: kernels may not use autograd'
echo '#include <nlohmann/json.hpp>  // no' >"$tree/train/bad.cpp"
must_fail layering.sh 'train/bad.cpp:1: nlohmann'
echo '#include <toml++/toml.h>' | tee "$tree/train/a.cpp" >"$tree/train/b.cpp"
must_fail layering.sh 'toml++ is in train/a.cpp already'
for file in kernels/reference/gelu.h kernels/cpu/gelu.cpp kernels/cuda/gelu.cu \
  tests/ops/gelu_test.cpp tests/cuda/gelu_test.cpp tests/ops/cases/gelu_cases.h \
  autograd/ops/gelu.h autograd/ops/gelu.cpp; do
  rm "$tree/$file"
  must_fail ops_complete.sh "$file"
done
for umbrella in kernels/kernels.h autograd/autograd.h; do
  : >"$tree/$umbrella"
  must_fail ops_complete.sh "gelu.h\" in $umbrella"
done
for file in train/long.inc kernels/cuda/long.cu; do
  seq 401 | sed 's/^/\/\/ /' >"$tree/$file"
  must_fail file_length.sh "$file: 401 lines"
done
echo 'TEST_CASE("draws fill [0, 1)") {}' >"$tree/tests/ops/bad_test.cpp"
must_fail test_names.sh 'tests/ops/bad_test.cpp:1'
echo 'packages+=(libjpeg62-turbo-dev)' >>"$tree/medley"
must_fail packages.sh 'medley: libjpeg62-turbo-dev is not a package'
echo 'ColumnLimit: 100' >"$tree/.clang-format"
must_fail comments.sh '.clang-format: ReflowComments is not false'
printf '%s\n' 'struct A {' '  double value =' '      0;  // of all' '};' >"$tree/core/bad.h"
must_fail comments.sh 'core/bad.h:3: a comment splits'
printf '%s\n' 'void log(int level,' '         int n);  // one line' >"$tree/kernels/bad.inc"
must_fail comments.sh 'kernels/bad.inc:2: a comment splits'
printf '// %0100d\n' 0 >"$tree/train/bad.cpp"
must_fail comments.sh 'train/bad.cpp:1: a comment of more than 100 columns'
echo 'inline std::string name();' >"$tree/core/bad.h"
must_fail headers_alone.sh 'core/bad.h does not compile alone'

# What ptxas says, without nvcc: one kernel within its budget, three that break a rule each.
cat >"$tree/scale.cu" <<'END'
// Scales in place. registers: 32
template <class T>
__global__ void __launch_bounds__(128 * (1 + 1))
    good_kernel(T* x) {
  x[0] += 1;
}

// registers: 8
__global__ void large_kernel(float* x) {}
__global__ void unbudgeted_kernel(float* x) {}
// registers: 8
__global__ void spilling_kernel(float* x) {}
END
for kernel in good large unbudgeted spilling; do
  name=${kernel}_kernel
  echo "ptxas info    : Compiling entry function '_Z${#name}${name}Pf' for 'sm_80'"
  case $kernel in spilling) bytes=4 ;; *) bytes=0 ;; esac
  echo "    0 bytes stack frame, $bytes bytes spill stores, $bytes bytes spill loads"
  case $kernel in large) used=20 ;; *) used=8 ;; esac
  echo "ptxas info    : Used $used registers, used 0 barriers"
done >"$tree/scale.log"
report=$(awk -v ARCH=80 -f "$here/nvcc_report.awk" "$tree/scale.cu" "$tree/scale.log")
for words in 'good_kernel sm_80 8 32' 'scale.cu:9: large_kernel uses 20 registers' \
  'scale.cu:10: unbudgeted_kernel has no budget: it uses 8' \
  'scale.cu:12: spilling_kernel for sm_80:     0 bytes stack frame, 4 bytes spill stores'; do
  echo "$report" | grep -qF "$words" || { echo "nvcc_report.awk did not say: $words"; failures=1; }
done
if [ "$(echo "$report" | grep -c '^breach: ')" != 3 ]; then
  echo "nvcc_report.awk found other breaches: $report"
  failures=1
fi
exit $failures
