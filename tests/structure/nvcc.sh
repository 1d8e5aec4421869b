#!/bin/sh
# nvcc.sh ROOT WORK: nvcc compiles every .cu file of kernels/cuda and tests/golden for sm_80, sm_90 and
# sm_90a without a warning, and ptxas reports for each kernel no stack, no spills, no wgmma that it had
# to serialise, no setmaxnreg that it ignores, and no more registers than the budget in the comment
# above it:
#   // registers: 128
#   template <class T>
#   __global__ void __launch_bounds__(256) scale_kernel(...)
# The budget holds for all architectures and instantiations. Results lie in WORK and are used again
# while no file that went into them has changed. Prints each breach; fails when there is one. Exit
# code 77: there is no nvcc in PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
mkdir -p "$2"
work=$(cd "$2" && pwd)
command -v nvcc >/dev/null || { echo "skipped: there is no nvcc in PATH"; exit 77; }

exec 9>"$work/lock"
flock 9  # another run may be at it

# -cubin: the host's half is the business of the build.
flags="-std=c++20 --expt-relaxed-constexpr -Werror all-warnings -Xptxas -v -DMEDLEY_CUDA=1 -I. -cubin"
export work flags
echo "$flags $(nvcc --version)" >"$work/compiler"

# A line for each file and architecture. NAME.sums has the checksum of every file that NAME.log
# depends on.
find kernels/cuda tests/golden -name '*.cu' | sort | while read -r file; do
  for arch in 80 90 90a; do echo "$file $arch"; done
done >"$work/jobs"
xargs -P "$(nproc)" -L 1 sh -c '
  file=$1 arch=$2 name=$work/$(echo "$1" | tr / _).$2
  sha256sum --check --status "$name.sums" 2>/dev/null && exit 0
  rm -f "$name.sums"
  nvcc $flags -gencode "arch=compute_$arch,code=sm_$arch" -MD -MF "$name.d" -o "$name.cubin" \
    "$file" >"$name.log" 2>&1 || exit 0
  sed "s/^.* : //; s/\\\\$//" "$name.d" | tr -s " " "\n" | grep . |
    xargs sha256sum "$work/compiler" >"$name.new"
  mv "$name.new" "$name.sums"
' sh <"$work/jobs"

while read -r file arch; do
  name=$work/$(echo "$file" | tr / _).$arch
  if [ ! -f "$name.sums" ]; then
    echo "breach: $file does not compile for sm_$arch:"
    sed 's/^/breach: /' "$name.log"
    continue
  fi
  # shellcheck disable=SC2046  # names of the tree have no spaces
  awk -v ARCH="$arch" -f "$here/nvcc_report.awk" \
    $(awk '$2 ~ /(kernels\/cuda|tests\/golden)\// { print $2 }' "$name.sums") "$name.log"
done <"$work/jobs" >"$work/report"

grep -v '^breach: ' "$work/report" | sort | awk '{ printf "%-40s %-7s %4s of %s\n", $1, $2, $3, $4 }'
if grep '^breach: ' "$work/report" | sed 's/^breach: //' | sort -u | grep .; then exit 1; fi
