#!/bin/sh
# packages.sh ROOT: ./medley installs only packages that every supported system has under that name:
# Debian 12 and 13, Ubuntu 24.04. The list was read from their archives (tests/scripts/machines.sh
# installs them); extend it when a new package is in all three. Prints each other name.
set -eu
cd "$1"

known=' catch2 ccache cmake g++ libavif-dev libbenchmark-dev libcli11-dev libeigen3-dev libgif-dev
  libjpeg-dev libpng-dev libtiff-dev libtomlplusplus-dev libutf8proc-dev libwebp-dev libxxhash-dev
  libzstd-dev ninja-build nlohmann-json3-dev pkg-config zlib1g-dev '

names=$(awk '/packages\+?=\(/ { inside = 1; sub(/.*\(/, "") }
             inside { line = $0; sub(/\).*/, "", line); print line }
             inside && /\)/ { inside = 0 }' medley)
[ -n "$names" ] || { echo "medley: no packages were found"; exit 1; }
strange=$(for name in $names; do
  echo $known | grep -qwF -- "$name" || echo "medley: $name is not a package of Debian 12, 13 and Ubuntu 24.04"
done)
[ -z "$strange" ] || { echo "$strange"; exit 1; }
