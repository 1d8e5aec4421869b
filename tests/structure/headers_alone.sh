#!/bin/sh
# headers_alone.sh ROOT COMPILER [INCLUDES]: every header compiles as the only include of a file.
# Prints the compiler's words; fails when one does not.
set -eu
root=$1
compiler=$2
includes=${3:-$root}
cd "$root"

# for_each_isa.h is included once for each kernel body, with a macro that names the body.
find core kernels autograd models train tests -name '*.h' ! -path kernels/cpu/for_each_isa.h |
  sort | xargs -P "$(nproc)" -I HEADER sh -c '
    echo "#include \"HEADER\"" |
      "$1" -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Wno-psabi \
        -I "$2" -isystem "$3" -x c++ - ||
      { echo "HEADER does not compile alone"; exit 1; }
  ' sh "$compiler" "$root" "$includes"
