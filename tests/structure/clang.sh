#!/bin/sh
# clang.sh ROOT WORK: with Clang for x86 configuring fails and says the way out; the fuzz preset, which
# has no kernels, takes it. Exit code 77: there is no clang++ in PATH, or this is not x86.
set -eu
command -v clang++ >/dev/null || { echo "skipped: there is no clang++ in PATH"; exit 77; }
[ "$(uname -m)" = x86_64 ] || { echo "skipped: this is not x86_64"; exit 77; }

configure() {
  rm -rf "$work"
  cmake -G Ninja -S "$root" -B "$work" -D CMAKE_CXX_COMPILER=clang++ "$@" 2>&1
}

root=$1 work=$2
if output=$(configure); then
  echo "Clang was not refused"
  exit 1
fi
words=$(echo "$output" | tr -s '\n ' ' ')
case $words in *"Compile with GCC: configure with --fresh -D CMAKE_CXX_COMPILER=g++"*) ;; *)
  echo "the refusal does not say the way out: $output"
  exit 1
  ;;
esac
output=$(configure -D MEDLEY_FUZZ=ON) || { echo "$output"; exit 1; }
rm -rf "$work"
