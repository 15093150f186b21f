#!/usr/bin/env bash
# Sets up, builds, draws a small data set in SYNTHIA's layout, trains with cross entropy, recall loss and iou_gap, evaluates the runs and
# prints a table that compares them. All output is in runs/demo.
#
#   scripts/demo.sh              a second call only does what is missing
#   SEEDS="0 1 2" scripts/demo.sh
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
out=runs/demo
export DEMO_ROOT=$PWD/$out/data
if [ ! -e "$DEMO_ROOT/.complete" ]; then
  rm -rf "$DEMO_ROOT"
  build/bin/segdata generate --layout synthia_seqs --output "$DEMO_ROOT"
  touch "$DEMO_ROOT/.complete"
fi
scripts/sweep_losses.sh --config demo.yaml --losses "ce recall iou_gap" --seeds "${SEEDS:-0}" --output "$out" --save-predictions color
cat <<TEXT

Recall loss and iou_gap find more pixels of the rare classes (poles, signs, lights, pedestrians) than cross entropy does. iou_gap also counts
false positives. Accuracy, IoU and precision of each class are in $out/comparison.md.
picture:  $out/comparison.svg    image, ground truth and the three predictions side by side; opens in a browser
page:     $out/comparison.html   the same, with accuracy against IoU and all tables
TEXT
