#!/bin/sh
# gpu_check_test.sh ROOT WORK: bench/gpu_check.sh on a machine without a GPU, and with programs that
# stand in for one.
set -eu
check=$1/bench/gpu_check.sh
work=$2
rm -rf "$work"
mkdir -p "$work/bin" "$work/build/tests" "$work/build/bench"
fail() { echo "$1"; cat "$work/log"; exit 1; }
program() { printf '#!/bin/sh\n%s\n' "$2" > "$work/$1"; chmod +x "$work/$1"; }
run() { # expected exit code
  code=0
  PATH="$work/bin:$PATH" sh "$check" "$work/build" "$work/out" > "$work/log" 2>&1 || code=$?
  [ "$code" = "$1" ] || fail "exit code $code, not $1"
}
has() { grep -q "$1" "$work/out/summary.txt" || fail "the summary lacks: $1"; }

# No GPU: every step is skipped with that reason.
program bin/nvidia-smi 'exit 9'
run 0
! grep -v "skipped .*no GPU" "$work/out/summary.txt" || fail "something was not skipped"
grep -q '"step": "tests", "status": "skipped"' "$work/out/summary.json" || fail "no JSON"

# A GPU, all tests pass, no compute-sanitizer and no golden_primitives.
program bin/nvidia-smi 'echo GPU 0'
program bin/python3 'exit 1'
program build/tests/cuda_tests 'echo "skipped: a test: no cuDNN"; echo all \"fine\"; echo'
program build/tests/cuda_step_tests 'echo steps'
program build/bench/attention_bench \
  'case $* in *--check*) echo "cudnn: cuDNN is 9.5.1, older than 9.10" ;; *) echo "$@" ;; esac'
program build/bench/step_bench 'echo step'
if ! command -v compute-sanitizer > /dev/null; then
  run 0
  has 'memcheck .*skipped .*no compute-sanitizer'
fi
program bin/compute-sanitizer 'exit 0'
run 0
has '^tests .*passed .*all "fine"'
has '(1 skipped: a test: no cuDNN)'
has 'step_tests .*passed .*steps'
has 'golden .*skipped .*golden_primitives is not built'
has 'attention_pytorch .*skipped .*no PyTorch'
has 'attention_cross_cudnn .*skipped .*cuDNN is 9.5.1, older than 9.10'
has 'attention_cross .*passed .*--q=40 --k=197,577'
grep -q 'all \\"fine\\"' "$work/out/summary.json" || fail "quotes are not escaped"

# A step that does not end, one that only the deadline ends, and those after it.
program bin/date 'file=${0%/*}/../date; now=$(($(cat "$file") + 65)); echo $now | tee "$file"'
program bin/timeout 'case $* in
  *cuda_step_tests* | *--q=197,577*) exit 124 ;;
  -k*) shift 3 ;;
  *) shift ;;
esac
exec "$@"'
echo 0 > "$work/date"
run 1
has 'step_tests .*failed .*not done, ended after 65 s'
has 'attention_vit .*skipped .* 65 s .*8 minutes are over'
has 'attention_text .*skipped .* 0 s .*8 minutes are over'
[ "$(grep -c '"step":' "$work/out/summary.json")" = "$(grep -c . "$work/out/summary.txt")" ] ||
  fail "summary.json lacks a step"
rm "$work/bin/date" "$work/bin/timeout"

# No benchmark of the step there, and a step that fails.
program build/bench/step_bench ''
run 0
has 'whole_step .*skipped .*no benchmark on a GPU'
program build/bench/step_bench 'case $* in *list_tests*) echo step ;; *) echo why; exit 3 ;; esac'
run 1
has 'whole_step .*failed .*exit code 3, see whole_step.log: why'
