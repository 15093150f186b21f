#!/usr/bin/env bash
# Runs segbench and PyTorch (scripts/bench_pytorch.py) in turn on one GPU, with the recipe of the paper, and prints the ratios.
#
#   scripts/bench_gpu.sh [--rounds N] [--batch N] [--size HxW] [--steps N] [--frames N] [--output DIR] [--tiny] [--run NAME | --table]
#
#   --run NAME   only this run, such as seg_train.2 (the second round); the run "frames" draws the images and must come before all others
#   --table      only print the table from the results in DIR
#   --tiny       on the CPU with tiny sizes, only to check that everything runs
#
# PyTorch: plain, tuned (bf16, channels-last, fused Adam), torch.compile and torch.compile with max-autotune; PYTHON is its interpreter (default:
# the one of scripts/setup.sh --cuda). Training and loss are measured on one batch that is on the GPU. segbench also trains from drawn PNG files of
# 760x1280 with the disk cache. DIR (default runs/bench-gpu) gets the JSON of every program, the commands, the log, profiles, and table.md.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
rounds=3 batch=6 size=384x768 steps=50 warmup=10 frames=200 frame_size=760x1280 device=cuda peaks=() run="" table="" output=$here/runs/bench-gpu
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=${2:-}; shift 2 ;;
    --batch) batch=${2:-}; shift 2 ;;
    --size) size=${2:-}; shift 2 ;;
    --steps) steps=${2:-}; shift 2 ;;
    --frames) frames=${2:-}; shift 2 ;;
    --output) output=${2:-}; shift 2 ;;
    --run) run=${2:-}; shift 2 ;;
    --table) table=yes; shift ;;
    --tiny) device=cpu batch=2 size=48x64 steps=2 warmup=1 frames=20 frame_size=96x160 peaks=(--largest-product 64); shift ;;
    --help | -h) sed -n '2,12p' "$0" | cut -c3-; exit 0 ;;
    *) echo "error: unknown option $1" >&2; exit 2 ;;
  esac
done
bin=${SEG_BIN:-$here/build/bin} python=${PYTHON:-$here/build/venv-cuda/bin/python}
[ -x "$bin/segbench" ] || { echo "error: $bin/segbench is not built" >&2; echo "hint: run scripts/build.sh --cuda" >&2; exit 2; }
height=${size%x*} width=${size#*x} shape=${batch}x16x$((${size%x*} / 4))x$((${size#*x} / 4))

# log NAME COMMAND...: notes and runs the command; its output goes to the log. If it fails, the end of the log is shown.
log() {
  local name=$1 shown
  shift
  echo "== $name" | tee -a "$output/log.txt" >&2
  shown=${*//"$here/"/}
  echo "$name: ${SEG_CUDA_KERNELS:+SEG_CUDA_KERNELS=$SEG_CUDA_KERNELS }${shown#program }" >>"$output/commands.txt"
  if "$@" >>"$output/log.txt" 2>&1; then return; fi
  tail -n 20 "$output/log.txt" >&2
  return 1
}

# Sets LD_LIBRARY_PATH only for our programs: Python must not load their libraries.
program() { env ${SEG_LIBRARY_PATH:+"LD_LIBRARY_PATH=$SEG_LIBRARY_PATH"} "$bin/$1" "${@:2}"; }
# The classes of SYNTHIA; void is counted too.
seg() {
  log "$name" program segbench "$1" --set data.dataset=synthia_seqs --set "data.root=$output/frames" --set "data.size=[$height,$width]" \
    --set data.void=train --set augment.crop=false --set data.cache=disk --set "train.batch_size=$batch" --set loss.type=recall --draw 0 --device "$device" \
    --json "$output/$name.json" "${@:2}"
}
train() { seg train --steps "$steps" --warmup "$warmup" "${peaks[@]}" "$@"; }
launched=(--set train.cuda_graph=off) recorded=(--set train.cuda_graph=auto)
# torch VARIANT TASK [OPTION...]
torch() {
  log "$name" "$python" "$here/scripts/bench_pytorch.py" --device "$device" --classes 16 --variant "$1" --task "$2" --batch "$batch" --size "$size" \
    --shape "$shape" --steps "$steps" --warmup "$warmup" --json "$output/$name.json" "${@:3}"
}

# one NAME: makes one run, such as frames or tuned_train.1.
one() {
  local name=$1 what=${1%.*}
  case $what in
    frames)
      rm -rf "$output/frames"
      log "$name" program segdata generate --layout synthia_seqs --output "$output/frames" --count "$frames" --size "$frame_size" ;;
    seg_train) train --synthetic-only "${launched[@]}" ;;
    seg_recorded) train --synthetic-only "${recorded[@]}" ;;
    seg_deterministic) train --synthetic-only "${launched[@]}" --set train.deterministic=true ;;
    seg_kernels-off) SEG_CUDA_KERNELS=off train --synthetic-only "${launched[@]}" ;;
    seg_files) train "${launched[@]}" ;;
    seg_loss) seg loss --shape "$shape" --size "$size" --runs "$steps" --warmup "$warmup" ;;
    seg_profile) steps=2 train --synthetic-only "${recorded[@]}" --profile "$output/$name.txt" ;;
    tuned_profile | compile_profile) steps=2 torch "${what%_*}" train --profile "$output/$name.txt" ;;
    warm_train | warm_loss) steps=1 torch compile "${what#warm_}" ;;  # the compiler's output stays in its cache
    plain_train | tuned_train | compile_train | compile-max_train | tuned_loss | compile_loss) torch "${what%_*}" "${what#*_}" ;;
    *) echo "error: unknown --run $name" >&2; exit 2 ;;
  esac
}

print_table() { "$python" "$here/scripts/bench_compare_table.py" --gpu "$output" | tee "$output/table.md"; }

mkdir -p "$output"
if [ -n "$table" ]; then print_table; exit; fi
if [ -n "$run" ]; then one "$run"; exit; fi
if [ "$device" = cuda ]; then
  "$python" -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || {
    echo "error: $python has no PyTorch that finds a GPU" >&2
    echo "hint: run scripts/setup.sh --cuda on a machine with an NVIDIA GPU, or set PYTHON" >&2
    exit 2
  }
fi
rm -f "$output"/*.json "$output/log.txt" "$output/commands.txt"
one frames
for round in $(seq "$rounds"); do
  for name in seg_train plain_train tuned_train compile_train compile-max_train seg_loss tuned_loss compile_loss seg_files seg_recorded; do
    one "$name.$round" || true  # the table marks what did not run
  done
done
for name in seg_kernels-off seg_deterministic seg_profile tuned_profile compile_profile; do one "$name.1" || true; done
print_table
