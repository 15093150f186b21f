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
refuse() { echo "error: $1" >&2; usage >&2; exit 2; }
config="" losses="" seeds="" output="" evaluation=()
while [ $# -gt 0 ]; do
  case $1 in
    --config | --losses | --seeds | --output | --save-predictions)
      [ $# -ge 2 ] && [ "$2" != -- ] || refuse "$1 has no value"
      case $1 in
        --save-predictions) evaluation+=("$1" "$2") ;;
        *) printf -v "${1#--}" %s "$2" ;;
      esac
      shift 2
      ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) refuse "unknown option $1" ;;
  esac
done
for name in config losses seeds output; do
  [ -n "${!name}" ] || refuse "--$name is missing"
done
# What is trained on a device is evaluated there too; the rest segeval has from the checkpoint.
before=""
for word in "$@"; do
  case $before,$word in
    --device,*) evaluation+=(--device "$word") ;;
    *,--device=*) evaluation+=("$word") ;;
  esac
  before=$word
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
      "$bin/segeval" --checkpoint "$run/checkpoints/best.safetensors" "${evaluation[@]}" >"$run/evaluation.partial"
      mv "$run/evaluation.partial" "$run/evaluation.txt"
    fi
  done
done
"$bin/segreport" compare "${runs[@]}" --output "$output"
