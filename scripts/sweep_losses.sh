#!/usr/bin/env bash
# Trains with several losses and seeds, evaluates each run, and compares the runs.
#
#   scripts/sweep_losses.sh --config FILE --losses "ce weighted_ce recall" --seeds "0 1 2" --output DIR     one recipe, different loss.type
#   scripts/sweep_losses.sh --recipes "a.yaml b.yaml" --seeds "0 1 2" --output DIR                          recipes that differ in their loss
#                           [--save-predictions ids|train-ids|color] [--tau-curve] [-- segtrain options]
#
# A run goes to DIR/LOSS-seedN, or to DIR/RECIPE-seedN. Finished runs are skipped, interrupted runs are resumed. Runs with the same seed share
# iterations, schedule, initial weights and data order. At the end it writes DIR/comparison.{md,csv,json,html,svg}. With --tau-curve each run is also
# scored with logit adjustment, on the split of the evaluation and on val (RUN/tau.txt gives the best tau there by mIoU).
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '2,10p' "$0" | cut -c3-; }
refuse() { echo "error: $1" >&2; usage >&2; exit 2; }
config="" losses="" recipes="" seeds="" output="" curves="" evaluation=()
while [ $# -gt 0 ]; do
  case $1 in
    --config | --losses | --recipes | --seeds | --output | --save-predictions)
      [ $# -ge 2 ] && [ "$2" != -- ] || refuse "$1 has no value"
      case $1 in
        --save-predictions) evaluation+=("$1" "$2") ;;
        *) printf -v "${1#--}" %s "$2" ;;
      esac
      shift 2
      ;;
    --tau-curve) evaluation+=("$1"); curves=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) refuse "unknown option $1" ;;
  esac
done
[ -z "$recipes" ] || [ -z "$config$losses" ] || refuse "--recipes cannot be used with --config or --losses"
needed="config losses seeds output"
[ -z "$recipes" ] || needed="recipes seeds output"
for name in $needed; do
  [ -n "${!name}" ] || refuse "--$name is missing"
done
# A run is evaluated on the device it was trained on. segeval takes everything else from the checkpoint.
before="" device=()
for word in "$@"; do
  case $before,$word in
    --device,*) device=(--device "$word") ;;
    *,--device=*) device=("$word") ;;
  esac
  before=$word
done
evaluation+=("${device[@]}")
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/segtrain" ] || { echo "error: $bin/segtrain is not built" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }

runs=()
# train_and_evaluate NAME SEGTRAIN_OPTIONS...
train_and_evaluate() {
  local run=$output/$1-seed$seed
  shift
  runs+=("$run")
  echo "== $run" >&2
  "$bin/segtrain" "$@" --set "train.seed=$seed" --run-dir "$run" --resume auto "${training[@]}"
  if [ ! "$run/evaluation.txt" -nt "$run/checkpoints/best.safetensors" ]; then
    "$bin/segeval" --checkpoint "$run/checkpoints/best.safetensors" "${evaluation[@]}" >"$run/evaluation.partial"
    if [ -n "$curves" ]; then "$bin/segeval" --checkpoint "$run/checkpoints/best.safetensors" --choose-tau mean_iou "${device[@]}" >"$run/tau.txt"; fi
    mv "$run/evaluation.partial" "$run/evaluation.txt"
  fi
}
training=("$@")
for seed in $seeds; do
  for loss in $losses; do train_and_evaluate "$loss" --config "$config" --set "loss.type=$loss" --set "name=$loss"; done
  for recipe in $recipes; do train_and_evaluate "$(basename "$recipe" .yaml)" --config "$recipe"; done
done
"$bin/segreport" compare "${runs[@]}" --output "$output"
