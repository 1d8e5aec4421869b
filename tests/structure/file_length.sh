#!/bin/sh
# file_length.sh ROOT: no source file has more than 400 lines. Prints those that have; fails when
# there is one.
set -eu
cd "$1"

long=$(
  find core kernels autograd models train bench tests cmake .ci medley CMakeLists.txt -type f \
    \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' -o -name '*.inc' -o -name '*.sh' -o -name '*.py' \
    -o -name '*.cmake' -o -name CMakeLists.txt -o -path .ci/run -o -path medley \) -exec wc -l {} + |
    awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }'
)
[ -z "$long" ] || { echo "$long"; exit 1; }
