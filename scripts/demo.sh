#!/usr/bin/env bash
# From nothing to a comparison of two losses: sets up, builds, draws a small SYNTHIA-style data set, trains cross entropy and
# recall loss on it, evaluates both, and prints one table. Everything it makes lies in runs/demo.
#
#   scripts/demo.sh              a second call does only what is missing
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

What to look at: recall loss finds more of the rare classes' pixels (accuracy of poles, signs, lights, pedestrians), at little cost
in IoU. The table per class is in $out/comparison.md.
predictions:  $out/{ce,recall}-seed*/eval/test/predictions
checkpoints:  $out/{ce,recall}-seed*/checkpoints/best.safetensors
TEXT
