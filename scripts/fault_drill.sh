#!/usr/bin/env bash
# Tries every fault that a run must survive or report, many times, and prints a table: tries, losses, and what protects the run. Build first.
#
#   scripts/fault_drill.sh [--short] [--output DIR]      --short: as often as the tests do; DIR: default runs/fault_drill
#
# As root it also fills small file systems and, with btrfs-progs, one with a quota. Otherwise the table names those tests as skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
output=$here/runs/fault_drill
export SEG_DRILL=1 OMP_WAIT_POLICY=passive
while [ $# -gt 0 ]; do
  case $1 in
    --short) unset SEG_DRILL; shift ;;
    --output) output=${2:?--output has no value}; shift 2 ;;
    *) echo "error: unknown option $1" >&2; sed -n '2,6p' "$0" | cut -c3- >&2; exit 2 ;;
  esac
done
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/e2e_tests" ] || { echo "error: the tests are not built in $bin" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }
mkdir -p "$output"
rm -f "$output"/*.json "$output"/*.log

# try NAME PROGRAM FILTER: runs these tests; the results go to NAME.json. A failed test appears in the table.
try() { "$bin/$2" --gtest_filter="$3" --gtest_output="json:$output/$1.json" >"$output/$1.log" 2>&1 || true; }

# The long test runs in the background, all others one after the other.
try soak e2e_tests 'Soak.*' &
try weights tensor_files_tests 'Safetensors.*:Pth.*'
try loader data_tests 'Loader.*'
try recipes engine_tests '*RecipeMutations*'
try steps engine_tests 'Soak.*'
for group in Interruptions Storage BadData FewLabels Environment Failures RankFaults; do try "$group" e2e_tests "$group.*"; done
wait
python3 "$here/scripts/fault_table.py" "$output"/*.json | tee "$output/table.md"
