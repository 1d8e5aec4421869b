#!/usr/bin/env bash
# campaign.sh [PART [MEDLEY]]: tries to lose a run and to crash the program: kills, faults of the
# disk, damaged checkpoints, hostile files. A PARTth of the whole campaign (default: 1, all of it),
# by the program MEDLEY (default: build/cpu/medley). The number of a trial decides all that is
# random in it, but for the moment of a kill. Prints a line for each kind, and each trial that went
# wrong; fails when there is one. The figures of a whole campaign are in docs/testing.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1-1}
medley=$(readlink -f "${2-build/cpu/medley}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MEDLEY_THREADS=1
run=$work/run output=$work/output
all_wrong=0

begin() {
  rm -rf "$run"
  began=$SECONDS
  wrong=0
  codes=()
}
# complain TRIAL CODE WHAT
complain() {
  wrong=$((wrong + 1))
  echo "  trial $1: $3 (exit code $2): $(tail -n 3 "$output" | tr '\n' ' ')"
}
report() {
  local code told=""
  for code in "${!codes[@]}"; do told+=", ${codes[code]} with code $code"; done
  echo "$*: $wrong wrong$told ($((SECONDS - began)) s)"
  all_wrong=$((all_wrong + wrong))
}

quietly() { "$@" >"$output" 2>&1; }
code_of() {
  { quietly "$@" && code=0 || code=$?; } 2>/dev/null
}
# The same for what a trial is about.
try() {
  code_of "$@"
  codes[code]=$((${codes[code]-0} + 1))
}

# A tiny model: 15 steps, a checkpoint after every five.
train=("$medley" pretrain --config tiny --set train.steps=15 --set train.checkpoint_every=5
  --set train.log_every=1 --set eval.scenes=20 --out "$run")

# The command that goes on with a run, or begins it.
next() {
  [[ -e $run/config.toml ]] && next=("$medley" pretrain --resume "$run") || next=("${train[@]}")
}

# Of all that training makes: weights, moments, queue, and what it logged of each step.
sum() {
  { cat "$run"/checkpoints/step-000015/*.safetensors
    sed -E 's/,"(images_per_second|seconds)":[^,}]*//g' "$run/metrics.jsonl"; } | sha256sum
}

# Goes on with the run, which must end with the bits of one that nothing happened to.
finish() {
  next
  code_of "${next[@]}"
  if [[ $code -ne 0 ]]; then
    complain "$1" "$code" "the run does not go on"
  elif [[ $(sum) != "$whole" ]]; then
    complain "$1" "$code" "the run ends with other bits"
  fi
}

# trains NUMBER KIND: a new run, whose file operation NUMBER fails so (faults.cpp).
c++ -std=c++20 -O1 -shared -fPIC -o "$work/faults.so" tests/scripts/faults.cpp -ldl
trains() {
  rm -rf "$run"
  try env LD_PRELOAD="$work/faults.so" MEDLEY_FAULT_FOLDER="$run" MEDLEY_FAULT_AT="$1" \
    MEDLEY_FAULT_KIND="$2" "${train[@]}"
}

quietly "${train[@]}"
whole=$(sum)
started=$(date +%s%N)
trains 0 none
lasts=$((($(date +%s%N) - started) / 1000000))
operations=$(sed -n 's/^file operations: //p' "$output")
[[ $(sum) == "$whole" ]] || { echo "two runs have different bits"; exit 1; }
echo "a run: $operations file operations, $lasts ms"

begin
count=$((130 / part))
for ((trial = 1; trial <= count; ++trial)); do
  RANDOM=$trial
  rm -rf "$run"
  for kill in 1 2; do
    next
    "${next[@]}" >"$output" 2>&1 &
    sleep "$(printf '0.%03d' $((RANDOM % lasts % 1000)))"
    { kill -KILL $!; wait $!; } 2>/dev/null || true
  done
  finish "$trial"
done
report "$count runs, each killed at two random moments"

begin
count=$((157 / part))
for ((trial = 1; trial <= count; ++trial)); do
  trains $((trial * operations / (count + 1))) kill
  finish "$trial"
done
report "$count kills at a counted file operation"

begin
count=$((192 / part))
kinds=(5 28 13)  # EIO, ENOSPC, EACCES
for ((trial = 1; trial <= count; ++trial)); do
  trains $((trial * operations / (count + 1))) "${kinds[trial % 3]}"
  # A pass that only a report or a warning suffers from ends well.
  [[ $code == [035] ]] || complain "$trial" "$code" "the fault is no error of a file"
  finish "$trial"
done
report "$count faults of a counted file operation"

# damage TRIAL FILE...: cuts one of the files, or changes up to eight of its bytes.
damage() {
  RANDOM=$1
  shift
  local file=${*: RANDOM % $# + 1:1} size at
  size=$(stat -c %s "$file")
  if ((RANDOM % 4 == 0)); then
    truncate -s $(((RANDOM << 15 | RANDOM) % (size + 1))) "$file"
    return
  fi
  for ((i = RANDOM % 8; i >= 0; --i)); do
    # Every other one near the beginning, where the sizes are.
    at=$(((RANDOM << 15 | RANDOM) % (size > 512 && RANDOM % 2 ? 512 : size + 1)))
    printf "\\x$(printf %02x $((RANDOM % 256)))" |
      dd of="$file" bs=1 seek="$at" conv=notrunc status=none
  done
}

trains $((operations * 9 / 10)) kill
cp -r "$run" "$work/stopped"
begin
count=$((200 / part))
for ((trial = 1; trial <= count; ++trial)); do
  rm -rf "$run"
  cp -r "$work/stopped" "$run"
  damage "$trial" "$run"/checkpoints/step-000010/*
  finish "$trial"
done
report "$count runs whose newest checkpoint is damaged"

# Files of others: what the fuzz targets begin with, a run, and a folder of Hugging Face.
begin
count=$((1000 / part))
code_of "$medley" convert demo "$work/folder" --to caption
corpus=tests/fuzz/corpus
kinds=(picture safetensors pth config annotations tar stopped folder)
for ((trial = 1; trial <= count; ++trial)); do
  kind=${kinds[trial % ${#kinds[@]}]}
  rm -rf "$work/hostile"
  [[ -d $corpus/$kind ]] && cp -r "$corpus/$kind" "$work/hostile" || cp -r "$work/$kind" "$work/hostile"
  RANDOM=$trial
  files=("$work/hostile"/*)
  file=${files[RANDOM % ${#files[@]}]}
  case $kind in
    picture) command=(caption demo "$file") ;;
    safetensors | pth) command=(inspect "$file") ;;
    config) command=(pretrain --config "$file" --print-config) ;;
    annotations | tar) command=(data check "$file") ;;
    stopped) command=(inspect "$work/hostile") file=$(find "$work/hostile" -type f | sort | sed -n "$((RANDOM % 10 + 1))p") ;;
    folder) command=(caption "$work/hostile" docs/images/captions.png) ;;
  esac
  damage "$trial" "$file"
  try timeout 20 bash -c 'ulimit -v 3000000 && exec "$@"' - "$medley" "${command[@]}"
  [[ $code == [0235] ]] || complain "$trial" "$code" "${command[0]} of a damaged $kind"
done
report "$count files of others, damaged"

exit $((all_wrong > 0))
