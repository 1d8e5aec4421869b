#!/bin/sh
# headers_alone.sh ROOT WORK COMPILER... : every header compiles as the only include of a file. The
# files lie in WORK, where ccache finds them again. Prints the compiler's words; fails when a header
# does not compile.
set -eu
[ $# -ge 3 ] || { echo "usage: headers_alone.sh ROOT WORK COMPILER..."; exit 2; }
root=$1
work=$2
shift 2
mkdir -p "$work"
cd "$root"

# MEDLEY_SOURCE_DIR is what tests are compiled with.
# Headers of CUDA kernels say "#pragma unroll", which only nvcc knows.
# for_each_isa.h is included once for each kernel body, with a macro that names the body.
# Three headers are for builds that have cuDNN's.
if echo '#include <cudnn.h>' | "$@" -x c++ -fsyntax-only - 2>/dev/null; then
  cudnn=
else
  cudnn='kernels/cuda/cudnn/(library|graph|attention_graph)\.h'
fi
find core kernels autograd models train tests -name '*.h' ! -path kernels/cpu/for_each_isa.h |
  grep -Evx "${cudnn:-none}" | sort | xargs -P "$(nproc)" -I HEADER sh -c '
    work=$1; shift
    file=$work/$(echo HEADER | tr / _)
    [ -f "$file.cpp" ] || echo "#include \"HEADER\"" >"$file.cpp"
    "$@" -std=c++20 -O0 -Wall -Wextra -Werror -Wno-psabi -Wno-unknown-pragmas -c "$file.cpp" -o "$file.o" ||
      { echo "HEADER does not compile alone"; exit 1; }
  ' sh "$work" "$@" -I "$root" "-DMEDLEY_SOURCE_DIR=\"$root\""
