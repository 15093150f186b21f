#!/usr/bin/env bash
# Makes the runs of docs/converged.md: CamVid with EfficientNet-Lite0, each loss with both samplings, then DDRNet-23-slim once for each loss.
#
#   CAMVID_ROOT=... scripts/camvid_converged.sh [OUTPUT] [-- segtrain options]     OUTPUT: default runs/converged
#   SEEDS="0 1"                                                                    the seeds (default: 0 1)
#   STOP_AFTER=SECONDS                                                             start no new run after this time
#
# Takes about six hours on two cores. A second call continues where the first one stopped, also in the middle of a run.
# The runs go to OUTPUT/uniform, OUTPUT/rare_class and OUTPUT/ddrnet, the comparison of the first two to OUTPUT/comparison.{md,csv,json,html,svg}.
set -euo pipefail
cd "$(dirname "$0")/.."
output=runs/converged
if [ $# -gt 0 ] && [ "$1" != -- ]; then output=$1; shift; fi
[ $# -eq 0 ] || shift
: "${CAMVID_ROOT:?the folder of CamVid; data/README.md says how to get it}"
bin=${SEG_BIN:-build/bin}
began=$SECONDS
in_time() { [ -z "${STOP_AFTER:-}" ] || [ $((SECONDS - began)) -lt "$STOP_AFTER" ]; }

# sweep FOLDER SEED "WHAT TO TRAIN" OPTIONS...: makes one run, with its curve of logit adjustment.
sweep() {
  in_time || return 0
  scripts/sweep_losses.sh $3 --seeds "$2" --output "$output/$1" --tau-curve -- "${@:4}"
}

for seed in ${SEEDS:-0 1}; do
  for loss in ce iou_gap recall jaccard; do sweep uniform "$seed" "--recipes camvid_${loss}_efficientnet_lite0.yaml" "$@"; done
  for loss in ce iou_gap recall; do
    sweep rare_class "$seed" "--recipes camvid_${loss}_efficientnet_lite0.yaml" --set data.sampling=rare_class "$@"
  done
done
for loss in ce iou_gap recall; do sweep ddrnet 0 "--config camvid_ce_ddrnet23_slim.yaml --losses $loss" "$@"; done
in_time || { echo "stopped after $STOP_AFTER s; the same command continues" >&2; exit 0; }
runs=("$output"/uniform/*-seed* "$output"/rare_class/*-seed*)
"$bin/segreport" compare "${runs[@]}" --baseline ce --baseline camvid_jaccard_efficientnet_lite0 --output "$output"
