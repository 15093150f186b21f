#!/usr/bin/env bash
# Makes the table of configs/README.md from ImageNet weights: six losses on CamVid, three seeds each, with the curves of logit adjustment.
#
#   CAMVID_ROOT=... scripts/camvid_table.sh [OUTPUT] [-- segtrain options]
#   RESNET18_WEIGHTS=FILE                           initial weights (default: torchvision's)
#   SEEDS="0 1 2"                                   the seeds (default: 0 1 2)
#
# Takes hours on two cores. A second call continues where the first one stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
output=runs/camvid_imagenet
if [ $# -gt 0 ] && [ "$1" != -- ]; then output=$1; shift; fi
recipes=""
for loss in ce weighted recall la jaccard iou_gap; do recipes+=" camvid_${loss}_imagenet.yaml"; done
exec scripts/sweep_losses.sh --recipes "$recipes" --seeds "${SEEDS:-0 1 2}" --output "$output" --tau-curve "$@"
