#!/usr/bin/env bash
# Feeds mutated input to the readers of configurations, weight files, class tables and images, with the address and undefined-behaviour
# sanitizers. Each target runs for SECONDS, two at a time. A finding ends the target and names the folder of the input that caused it.
#
#   scripts/fuzz.sh SECONDS [yaml|safetensors|pth|class_table|labels]...
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,5p' "$0" | cut -c3- >&2; exit 2; }
[ $# -gt 0 ] && [[ $1 =~ ^[1-9][0-9]*$ ]] || usage
seconds=$1
shift
targets=("$@")
[ $# -gt 0 ] || targets=(yaml safetensors pth class_table labels)
for target in "${targets[@]}"; do [ -e "tests/fuzz/${target}_fuzz.cpp" ] || { echo "error: unknown target $target" >&2; usage; }; done

scripts/setup.sh --fuzz
mkdir -p build-fuzz
{
  [ -e build-fuzz/build.ninja ] || cmake -S tests/fuzz -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++
  ninja -C build-fuzz -j "${SEG_JOBS:-$(nproc)}"
} >build-fuzz/build.log 2>&1 || { grep -E -A8 'error|FAILED' build-fuzz/build.log | head -n 40 >&2; exit 1; }

# fuzz TARGET: starts from the corpus and from our own files of this kind; new inputs stay in build-fuzz.
fuzz() {
  local seeds=("tests/fuzz/corpus/$1") found=build-fuzz/found-$1
  case $1 in
    yaml) seeds+=(configs configs/base) ;;
    class_table) seeds+=(data) ;;
    safetensors) seeds+=(tests/golden) ;;
  esac
  mkdir -p "build-fuzz/learnt-$1" "$found"
  if "build-fuzz/$1_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/" \
    "build-fuzz/learnt-$1" "${seeds[@]}" >"build-fuzz/$1.log" 2>&1; then
    echo "fuzz: $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "build-fuzz/$1.log") inputs in $seconds s, no finding"
  else
    tail -n 40 "build-fuzz/$1.log" >&2
    echo "fuzz: $1: a finding; its input is in $found" >&2
    return 1
  fi
}

running=() failed=0
for target in "${targets[@]}"; do
  fuzz "$target" &
  running+=($!)
  [ ${#running[@]} -lt 2 ] || { wait "${running[0]}" || failed=1; running=("${running[@]:1}"); }
done
for process in "${running[@]}"; do wait "$process" || failed=1; done
exit "$failed"
