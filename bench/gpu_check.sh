#!/bin/sh
# gpu_check.sh [BUILD [OUT]]: proves the CUDA part on the GPU of this machine and measures it, in at
# most 8 minutes. Needs what was built elsewhere (BUILD, default build/cuda) and a CUDA machine;
# nothing is compiled. Writes OUT (default gpu_check): a log for each step, summary.txt,
# summary.json, golden vectors, benchmarks as JSON; what is there when it is stopped is whole. What
# cannot be done here is skipped, and says why. Exit code 0: nothing failed; 1: a step failed; 2:
# used wrongly.
set -u

[ $# -le 2 ] || { echo "usage: $0 [BUILD [OUT]]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/cuda}
out=${2:-gpu_check}
[ -d "$build" ] || { echo "$0: no folder $build: build with cmake --preset cuda" >&2; exit 2; }
mkdir -p "$out" || exit 2

seconds() { date +%s; }
deadline=$(($(seconds) + 470)) # what does not end by itself takes some seconds more
failed=0
: > "$out/summary.txt"
steps=""

quoted() { printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '[:cntrl:]' ' ')"; }

# record NAME STATUS SECONDS REASON
record() {
  printf '%-22s %-8s %4s s  %s\n' "$1" "$2" "$3" "$4" | tee -a "$out/summary.txt"
  steps="$steps${steps:+,}
  {\"step\": \"$1\", \"status\": \"$2\", \"seconds\": $3, \"reason\": $(quoted "$4")}"
  printf '{"device": %s, "limit_seconds": 480, "steps": [%s\n]}\n' "$(quoted "$device")" "$steps" \
    > "$out/summary.json.part"
  mv "$out/summary.json.part" "$out/summary.json"
}

# The last words of a log, and how many of its tests say why they could not run.
said() {
  skips=$(grep -c '^skipped: ' "$1")
  last=$(grep . "$1" | tail -n 1 | cut -c1-100)
  [ "$skips" = 0 ] || last="$last ($skips skipped: $(grep -m 1 '^skipped: ' "$1" | cut -c10-100))"
  echo "$last"
}

# step NAME LIMIT ABSENCE COMMAND...: runs the command with its output in OUT/NAME.log, for LIMIT
# seconds at most and not beyond the deadline; skips it where ABSENCE is not empty. What only the
# deadline ends has not failed.
step() {
  name=$1 limit=$2 absence=$3 over=
  shift 3
  [ -z "$absence" ] || { record "$name" skipped 0 "$absence"; return; }
  start=$(seconds)
  left=$((deadline - start))
  [ "$left" -gt 0 ] || { record "$name" skipped 0 "the 8 minutes are over"; return; }
  [ "$limit" -le "$left" ] || { limit=$left; over=yes; }
  timeout -k 5 "$limit" "$@" > "$out/$name.log" 2>&1
  code=$?
  took=$(($(seconds) - start))
  case $code in
    0) record "$name" passed "$took" "$(said "$out/$name.log")" ;;
    124 | 137) # ended, or killed because it did not end
      [ -z "$over" ] || { record "$name" skipped "$took" "the 8 minutes are over"; return; }
      failed=1
      record "$name" failed "$took" "not done, ended after $took s, see $name.log"
      ;;
    *)
      failed=1
      record "$name" failed "$took" "exit code $code, see $name.log: $(said "$out/$name.log")"
      ;;
  esac
}

# Why something is not there; nothing when it is. A driver in a bad way hangs.
gpu() { timeout 20 nvidia-smi -L > /dev/null 2>&1 || echo "no GPU: nvidia-smi finds none"; }
program() {
  [ -x "$build/$1" ] || { echo "$build/$1 is not built"; return; }
  missing=$(ldd "$build/$1" 2> /dev/null | awk '/not found/ { print $1 }' | tr '\n' ' ')
  [ -z "$missing" ] || echo "$build/$1 needs ${missing}in LD_LIBRARY_PATH"
}
sanitizer() { command -v compute-sanitizer > /dev/null || echo "no compute-sanitizer in PATH"; }
cudnn() { timeout 60 "$bench" --check --device=cuda --backend=cudnn 2>&1 | head -n 1; }
torch() {
  timeout 60 python3 -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2> /dev/null ||
    echo "no PyTorch that sees a GPU"
}
gpu_step() {
  found=$(timeout 60 "$build/bench/step_bench" --benchmark_list_tests --benchmark_filter=cuda 2>&1) ||
    { echo "step_bench: $found"; return; }
  [ -n "$found" ] || echo "step_bench has no benchmark on a GPU"
}
first() { for reason in "$@"; do [ -z "$reason" ] || { echo "$reason"; return; }; done; }

# Where the toolkit lies, when it is not in the paths already.
cuda=${CUDA_HOME:-/usr/local/cuda}
PATH=$PATH:$cuda/bin
LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}${LD_LIBRARY_PATH:+:}$build/lib:$cuda/lib64
export PATH LD_LIBRARY_PATH

gpu=$(gpu)
tests=$build/tests/cuda_tests
bench=$build/bench/attention_bench
no_tests=$(first "$gpu" "$(program tests/cuda_tests)")
no_bench=$(first "$gpu" "$(program bench/attention_bench)")
no_sanitizer=$(first "$no_tests" "$(sanitizer)")
no_step_bench=$(first "$gpu" "$(program bench/step_bench)")
[ -n "$no_step_bench" ] || no_step_bench=$(gpu_step)
no_cudnn=$no_bench
[ -n "$no_cudnn" ] || no_cudnn=$(cudnn)
no_torch=$gpu
[ -n "$no_torch" ] || no_torch=$(torch)
device=$([ -n "$gpu" ] ||
  timeout 20 nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)

# A sanitizer slows a kernel down 10 to 100 times.
reduced="*on CUDA*,*the same bits under every schedule"
# attention NAME ABSENCE FLAGS...: OUT/attention_NAME.json
attention() {
  name=attention_$1 absence=$2
  shift 2
  step "$name" 20 "$absence" "$bench" --device=cuda "$@" --benchmark_min_time=0.05 \
    --benchmark_out_format=json --benchmark_out="$out/$name.json"
}

# What matters most comes first: the deadline takes from the end. The emulator has looked for what
# the sanitizers look for, so they are last.
step tests 100 "$no_tests" "$tests" --durations yes
step step_tests 40 "$(first "$gpu" "$(program tests/cuda_step_tests)")" \
  "$build/tests/cuda_step_tests" --durations yes
step golden 20 "$(first "$gpu" "$(program tests/golden_primitives)")" \
  "$build/tests/golden_primitives" "$out/primitives.golden"
step whole_step 80 "$no_step_bench" "$build/bench/step_bench" --benchmark_filter=base/cuda \
  --benchmark_min_time=2 --benchmark_out_format=json --benchmark_out="$out/whole_step.json"
for shape in "vit --q=197,577" "text --q=40" "causal --q=40 --causal" "cross --q=40 --k=197,577" \
  "shared --q=40 --k=577 --kv_sharing=4"; do
  flags=${shape#* } shape=${shape%% *}
  # shellcheck disable=SC2086
  attention "$shape" "$no_bench" --batch=64 $flags
  # shellcheck disable=SC2086
  attention "${shape}_cudnn" "$no_cudnn" --batch=64 $flags --backend=cudnn
done
attention naive "$no_bench" --batch=4 --q=197 --backend=naive,medley
step step_pytorch 150 "$(first "$no_step_bench" "$no_torch")" python3 \
  "$root/bench/compare/step_vs_pytorch.py" --bench "$build/bench/step_bench" --config base \
  --device cuda --bf16 --compile --rounds 1 --seconds 3 --json "$out/step_pytorch.json"
step attention_pytorch 80 "$(first "$no_bench" "$no_torch")" python3 \
  "$root/bench/compare/attention_vs_pytorch.py" --bench "$bench" --rounds 2 --seconds 0.05 \
  --json "$out/attention_pytorch.json"
step memcheck 70 "$no_sanitizer" compute-sanitizer --tool memcheck --error-exitcode 1 \
  "$tests" "$reduced"
step racecheck 60 "$no_sanitizer" compute-sanitizer --tool racecheck --error-exitcode 1 \
  "$tests" "$reduced"

echo "logs and summary.json are in $out"
exit $failed
