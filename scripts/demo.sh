#!/usr/bin/env bash
# Sets up, builds, draws a small data set in SYNTHIA's layout, trains with cross entropy and with recall loss, evaluates both runs and
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
scripts/sweep_losses.sh --config demo.yaml --losses "ce recall" --seeds "${SEEDS:-0}" --output "$out" --save-predictions color
cat <<TEXT

What to look at: recall loss finds more pixels of rare classes (accuracy of poles, signs, lights, pedestrians) and costs little IoU.
The table per class is in $out/comparison.md.
predictions:  $out/{ce,recall}-seed*/eval/test/predictions
checkpoints:  $out/{ce,recall}-seed*/checkpoints/best.safetensors
TEXT
