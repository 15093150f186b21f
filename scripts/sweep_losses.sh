#!/usr/bin/env bash
# Trains one recipe with several losses and seeds, evaluates each run, and compares them.
#
#   scripts/sweep_losses.sh --config FILE --losses "ce weighted_ce recall" --seeds "0 1 2" --output DIR
#                           [--save-predictions ids|train-ids|color] [-- segtrain options]
#
# A run goes to DIR/LOSS-seedN: finished ones are skipped, broken ones resumed. The runs of a seed share iterations, schedule,
# initial weights and data order; only loss.type differs. Ends with DIR/comparison.{md,csv,json,html}.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '2,8p' "$0" | cut -c3-; }
config="" losses="" seeds="" output="" predictions=()
while [ $# -gt 0 ]; do
  case $1 in
    --config) config=${2:-}; shift 2 ;;
    --losses) losses=${2:-}; shift 2 ;;
    --seeds) seeds=${2:-}; shift 2 ;;
    --output) output=${2:-}; shift 2 ;;
    --save-predictions) predictions=(--save-predictions "${2:-}"); shift 2 ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) echo "error: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done
for name in config losses seeds output; do
  [ -n "${!name}" ] || { echo "error: --$name is missing" >&2; usage >&2; exit 2; }
done
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/segtrain" ] || { echo "error: $bin/segtrain is not built" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }

runs=()
for seed in $seeds; do
  for loss in $losses; do
    run=$output/$loss-seed$seed
    runs+=("$run")
    echo "== $run" >&2
    "$bin/segtrain" --config "$config" --set "loss.type=$loss" --set "train.seed=$seed" --set "name=$loss" --run-dir "$run" --resume auto "$@"
    if [ ! "$run/evaluation.txt" -nt "$run/checkpoints/best.safetensors" ]; then
      "$bin/segeval" --checkpoint "$run/checkpoints/best.safetensors" "${predictions[@]}" >"$run/evaluation.partial"
      mv "$run/evaluation.partial" "$run/evaluation.txt"
    fi
  done
done
"$bin/segreport" compare "${runs[@]}" --output "$output"
