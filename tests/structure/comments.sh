#!/bin/sh
# comments.sh ROOT: comments keep the lines that they were written in, so that formulas, tables and
# example code stay readable, and no comment splits the statement before it. Prints each breach;
# fails when there is one.
set -eu
cd "$1"

breaches=$(
  grep -q '^ReflowComments: false$' .clang-format ||
    echo ".clang-format: ReflowComments is not false: comments would be wrapped anew"
  # The statement before a trailing comment stands on one line where it fits: without the comment
  # clang-format would have joined `double value =` and `0;`.
  find core kernels autograd models train bench tests \( -name '*.h' -o -name '*.cpp' \
    -o -name '*.inc' -o -name '*.cu' -o -name '*.cuh' \) | sort |
    xargs awk '
      FNR == 1 { before = "" }
      /^ *\/\// && length($0) > 100 { print FILENAME ":" FNR ": a comment of more than 100 columns" }
      match($0, /;  +\/\//) && before ~ /[^;{}:)"]$/ &&
      before !~ /^ *(#|template|[A-Z_]+$)|\/\// {
        code = substr($0, 1, RSTART); sub(/^ */, "", code)
        if (length(before) + 1 + length(code) <= 100)
          print FILENAME ":" FNR ": a comment splits the statement before it"
      }
      { before = $0 }'
)
[ -z "$breaches" ] || { echo "$breaches"; exit 1; }
