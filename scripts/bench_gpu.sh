#!/usr/bin/env bash
# Runs segbench and PyTorch (scripts/bench_pytorch.py) in turn on one GPU, with the recipe of the paper, and prints the ratios.
#
#   scripts/bench_gpu.sh [--rounds N] [--batch N] [--size HxW] [--steps N] [--frames N] [--output DIR]
#
# PyTorch: plain, tuned (bf16, channels-last, fused Adam), torch.compile and torch.compile with max-autotune; PYTHON is its interpreter (default:
# that of scripts/setup.sh --cuda). Training and loss are measured on one batch that is on the GPU, and segbench also from drawn PNG files of
# 760x1280 through the disk cache. DIR (default runs/bench-gpu) gets every program's JSON, its log, and table.md.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
rounds=3 batch=6 size=384x768 steps=50 frames=200 output=$here/runs/bench-gpu
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=${2:-}; shift 2 ;;
    --batch) batch=${2:-}; shift 2 ;;
    --size) size=${2:-}; shift 2 ;;
    --steps) steps=${2:-}; shift 2 ;;
    --frames) frames=${2:-}; shift 2 ;;
    --output) output=${2:-}; shift 2 ;;
    --help | -h) sed -n '2,9p' "$0" | cut -c3-; exit 0 ;;
    *) echo "error: unknown option $1" >&2; exit 2 ;;
  esac
done
bin=${SEG_BIN:-$here/build/bin} python=${PYTHON:-$here/build/venv-cuda/bin/python}
[ -x "$bin/segbench" ] || { echo "error: $bin/segbench is not built" >&2; echo "hint: run scripts/build.sh --cuda" >&2; exit 2; }
"$python" -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || {
  echo "error: $python has no PyTorch that sees a GPU" >&2
  echo "hint: run scripts/setup.sh --cuda on a machine with an NVIDIA GPU, or set PYTHON" >&2
  exit 2
}
height=${size%x*} width=${size#*x}
mkdir -p "$output"
rm -f "$output"/*.json "$output/log.txt"

# log NAME COMMAND...: what it prints goes to the log, which is shown where it fails.
log() {
  echo "== $1" | tee -a "$output/log.txt" >&2
  shift
  if "$@" >>"$output/log.txt" 2>&1; then return; fi
  tail -n 20 "$output/log.txt" >&2
  return 1
}

# The classes of SYNTHIA, all of them counted.
recipe=(--set data.dataset=synthia_seqs --set "data.size=[$height,$width]" --set data.void=train --set augment.crop=false --set data.cache=disk
  --set "train.batch_size=$batch" --set loss.type=recall --device cuda --draw "$frames" --draw-size 760x1280)
seg() { log "$1" "$bin/segbench" "$2" "${recipe[@]}" --json "$output/$1.json" "${@:3}"; }
torch() { log "$1" "$python" "$here/scripts/bench_pytorch.py" --device cuda --classes 16 --steps "$steps" --json "$output/$1.json" "${@:2}"; }
shape=${batch}x16x$((height / 4))x$((width / 4))

for round in $(seq "$rounds"); do
  seg "seg_train.$round" train --synthetic-only --steps "$steps" --warmup 10
  for variant in plain tuned compile compile-max; do
    torch "${variant}_train.$round" --variant "$variant" --batch "$batch" --size "$size" --warmup 10
  done
  seg "seg_loss.$round" loss --shape "$shape" --size "$size" --runs "$steps"
  for variant in tuned compile; do torch "${variant}_loss.$round" --variant "$variant" --task loss --shape "$shape" --size "$size" --warmup 10; done
  seg "seg_files.$round" train --steps "$steps" --warmup 10
done
python3 "$here/scripts/bench_compare_table.py" --gpu "$output" | tee "$output/table.md"
