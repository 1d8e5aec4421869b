#!/bin/sh
# test_names.sh ROOT: names of test cases are made of what a CMake list can carry: with a bracket or a
# semicolon in one of them, ctest would run several cases as one, or none. Prints each such name.
set -eu
cd "$1"

names=$(grep -rnE 'TEST_CASE[A-Z_]*\("[^"]*[][;\\]' tests --include='*.cpp' --include='*.h' || true)
[ -z "$names" ] || { echo "$names"; exit 1; }
