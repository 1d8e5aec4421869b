#!/bin/sh
# ops_complete.sh ROOT: an op is one word. Each kernels/OP.h has its reference, CPU kernel, cases,
# test, CUDA kernel, its test, and autograd op, and the layers' headers include it. Prints what is
# missing; fails when something is.
set -eu
cd "$1"

missing=""
need() { [ -f "$1" ] || missing="$missing$1
"; }

# listed HEADER UMBRELLA
listed() { grep -qF "\"$1\"" "$2" || missing="$missing#include \"$1\" in $2
"; }

for header in autograd/ops/*.h; do listed "$header" autograd/autograd.h; done
for contract in kernels/*.h; do
  op=$(basename "$contract" .h)
  case $op in dispatch | kernels | wide) continue ;; esac # no ops
  listed "$contract" kernels/kernels.h
  need "kernels/reference/$op.h"
  need "kernels/cpu/$op.cpp"
  need "tests/ops/${op}_test.cpp"
  need "tests/ops/cases/${op}_cases.h"
  need "kernels/cuda/$op.cu"
  case $op in
    attention) tested="attention_forward attention_backward" ;;
    *) tested=$op ;;
  esac
  for part in $tested; do need "tests/cuda/${part}_test.cpp"; done
  case $op in
    adamw | clamp | ema | norm | sampling | select_texts) continue ;; # nothing flows back through them
    gather) differentiable=rows ;;             # named by what it takes, not by how
    *) differentiable=$op ;;
  esac
  need "autograd/ops/$differentiable.h"
  need "autograd/ops/$differentiable.cpp"
done
[ -z "$missing" ] || { printf 'missing:\n%s' "$missing"; exit 1; }
