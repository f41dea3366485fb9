#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fuzz/run.sh [--seconds N] [TARGET…]
# Builds the fuzz targets (clang++, AddressSanitizer, UndefinedBehaviorSanitizer) and runs each for N seconds, as many at
# once as there are cores. Says what each did: executions, edges covered, inputs kept. Exit status 1 if one failed; its
# input stays in build/fuzz/failures, and `build/fuzz/tests/fuzz/fuzz_TARGET FILE` runs it again.
# What a run found new is kept in build/fuzz/corpus and begun with the next time, beside tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seconds=60
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    -*) sed -n '3,7s/^# //p' "$0" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [ ${#targets[@]} = 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source" _fuzz.cpp)
    targets+=("$name")
  done
fi

cores=$(nproc)
cmake --preset fuzz >build-fuzz.log 2>&1 || { cat build-fuzz.log; exit 1; }
mv build-fuzz.log build/fuzz/
cmake --build build/fuzz -j "$cores" --target "${targets[@]/#/fuzz_}"

mkdir -p build/fuzz/failures
run_one() {
  local name=$1 corpus=build/fuzz/corpus/$1 log=build/fuzz/$1.log options=()
  mkdir -p "$corpus"
  [ -e "tests/fuzz/$name.dict" ] && options+=("-dict=tests/fuzz/$name.dict")
  local seeds=()
  [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
  local result=good
  # 4 KiB hold every kind of input; longer ones only make each try slower. A minute for one input is a hang, also on a
  # machine that does ten other things.
  "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="build/fuzz/failures/$name-" "${options[@]}" \
    "$corpus" "${seeds[@]}" >"$log" 2>&1 || result=FAILED
  awk -v name="$name" -v result="$result" '
    /stat::number_of_executed_units/ { runs = $2 }
    match($0, /cov: [0-9]+/) { cov = substr($0, RSTART + 5, RLENGTH - 5) }
    match($0, /corp: [0-9]+/) { kept = substr($0, RSTART + 6, RLENGTH - 6) }
    END { printf "%-14s %12d executions %8d edges %7d inputs   %s\n", name, runs, cov, kept, result }' "$log"
  [ $result = good ] || { grep -E -m 3 'ERROR|runtime error|Test unit written|deadly signal|exceeded' "$log" || true; return 1; }
}
export -f run_one
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$cores" -I{} bash -c 'run_one {}' || { echo "inputs: build/fuzz/failures"; exit 1; }
