#!/usr/bin/env bash
# Runs segbench and PyTorch (scripts/bench_pytorch.py) in turn with the same network, data, batch and threads, and prints the ratios.
#
#   scripts/bench_compare.sh [--quick] [--rounds N] [--threads N] [--batch N] [--size HxW] [--data ROOT --layout camvid|synthia_seqs]
#                            [--shape NxKxhxw --labels HxW] [--precision auto|fp32] [--output DIR]
#
# Each round runs each program once, one at a time. The table shows medians over the rounds (at least 3) and their spread. Before the rounds, both
# programs must give the same loss (to 1e-3) on the same weights and batch. PyTorch's options (version, eager or compiled, memory format, loader
# workers, batch of evaluation) are tried, and the fastest are kept. Without --data, street scenes are drawn. --quick makes few steps a round.
# DIR (default runs/bench) gets the JSON of every program, its log, and table.md.
# PyTorch: Debian's python3-torch, python3-numpy and python3-opencv, the versions that scripts/setup.sh --rivals installs, or the interpreters in
# PYTHON (one or more). Without PyTorch, only segbench runs.
# Variables such as ONEDNN_MAX_CPU_ISA apply to both programs and are printed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '2,13p' "$0" | cut -c3-; }
rounds=3 threads=$(nproc) precision=auto batch=4 size=360x480 root="" layout=camvid shape=6x19x193x193 labels=769x769 output=$here/runs/bench
steps=10 warmup=3 plain_steps=4 runs=8 drawn=200
while [ $# -gt 0 ]; do
  case $1 in
    --quick) steps=4 warmup=2 plain_steps=2 runs=3 drawn=60; shift ;;
    --rounds) rounds=${2:-}; shift 2 ;;
    --threads) threads=${2:-}; shift 2 ;;
    --batch) batch=${2:-}; shift 2 ;;
    --size) size=${2:-}; shift 2 ;;
    --data) root=${2:-}; shift 2 ;;
    --layout) layout=${2:-}; shift 2 ;;
    --shape) shape=${2:-}; shift 2 ;;
    --labels) labels=${2:-}; shift 2 ;;
    --precision) precision=${2:-}; shift 2 ;;
    --output) output=${2:-}; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) echo "error: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done
[ "$rounds" -ge 3 ] || { echo "error: --rounds $rounds is less than 3, the minimum for a median" >&2; exit 2; }
case $layout in
  camvid) classes=12 ;;
  synthia_seqs) classes=16 ;;
  *) echo "error: unknown --layout $layout" >&2; echo "hint: use camvid or synthia_seqs" >&2; exit 2 ;;
esac
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/segbench" ] || { echo "error: $bin/segbench is not built" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }

# Plain PyTorch runs in the first of these; tuned PyTorch in the fastest.
pythons=()
for candidate in ${PYTHON:-/usr/bin/python3 "$here/build/venv-rivals/bin/python" "$here/build/venv-rivals-torch26/bin/python"}; do
  if "$candidate" -c 'import torch, numpy, cv2' 2>/dev/null; then pythons+=("$candidate"); fi
done
python=${pythons[0]:-}
[ -n "$python" ] || {
  echo "note: PyTorch does not run: no Python has torch, numpy and cv2" >&2
  echo "hint: apt-get install python3-torch python3-numpy python3-opencv, or run scripts/setup.sh --rivals, or set PYTHON" >&2
}

mkdir -p "$output"
rm -f "$output"/*.json "$output/log.txt"
if [ -z "$root" ]; then
  root=$output/data-$layout-$size-$drawn
  if [ ! -e "$root/.complete" ]; then
    rm -rf "$root"
    "$bin/segdata" generate --layout "$layout" --output "$root" --count "$drawn" --size "$size" 2>>"$output/log.txt" >&2
    touch "$root/.complete"
  fi
fi

# log NAME COMMAND...: runs the command; its output goes to the log. If it fails, the end of the log is shown.
log() {
  echo "== $1" | tee -a "$output/log.txt" >&2
  shift
  if "$@" >>"$output/log.txt" 2>&1; then return; fi
  tail -n 20 "$output/log.txt" >&2
  return 1
}

# Void is trained as a class, as in the default of segbench, so that both programs have the same number of classes.
recipe=(--set "data.dataset=$layout" --set "data.root=$root" --set "data.size=[${size%x*},${size#*x}]" --set data.void=train --set augment.crop=false
  --set "train.batch_size=$batch" --set "train.threads=$threads" --set "train.precision=$precision" --set loss.type=recall --draw 0)
seg() { log "$1" "$bin/segbench" "$2" "${recipe[@]}" --json "$output/$1.json" "${@:3}"; }
torch() { # NAME PYTHON OPTIONS...
  [ -n "$python" ] || return 0
  log "$1" "$2" "$here/scripts/bench_pytorch.py" --threads "$threads" --precision "$precision" --size "$size" --classes "$classes" \
    --layout "$layout" --void train --augment resize --json "$output/$1.json" "${@:3}"
}
files=(--data "$root" --warmup "$warmup")
# choice NAME KEY: the best value of a trial.
choice() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$output/$1.json" "$2"; }

# fastest TASK: the number of the Python with the fastest trial; a Python whose trial failed is not considered.
fastest() {
  python3 - "$output" "$1" <<'END'
import json, pathlib, sys
found = {path: json.loads(path.read_text())["images_per_second"] for path in pathlib.Path(sys.argv[1]).glob(f"trial_{sys.argv[2]}.*.json")}
print(max(found, key=found.get).suffixes[-2][1:])
END
}

if [ -n "$python" ]; then
  log "same loss" "$bin/segbench" train "${recipe[@]}" --set model.dropout=0 --set train.batch_size=2 --step-file "$output/step.safetensors"
  "$python" "$here/scripts/bench_pytorch.py" --threads "$threads" --check "$output/step.safetensors" | tee "$output/check.txt" >&2
  for number in "${!pythons[@]}"; do
    torch "trial_train.$number" "${pythons[number]}" --task train --mode tuned --batch "$batch" --warmup 1 --steps 2 || true
    torch "trial_eval.$number" "${pythons[number]}" --task eval --mode tuned --batch 4 "${files[@]}" --steps 0 || true
  done
  train_trial=trial_train.$(fastest train) eval_trial=trial_eval.$(fastest eval)
  train_python=${pythons[${train_trial##*.}]} eval_python=${pythons[${eval_trial##*.}]}
  tuned_train=(--task train --mode tuned --batch "$batch" --engine "$(choice "$train_trial" engine)")
  torch trial_files "$train_python" "${tuned_train[@]}" "${files[@]}" --steps "$plain_steps"
  train_workers=(--workers "$(choice trial_files workers)")
  eval_engine=(--mode tuned --eval-batches given --engine "$(choice "$eval_trial" engine)")
  tuned_eval=(--task eval "${eval_engine[@]}" --batch "$(choice "$eval_trial" batch)" --workers "$(choice "$eval_trial" workers)")
fi

for round in $(seq "$rounds"); do
  seg "seg_train.$round" train --synthetic-only --steps "$steps" --warmup "$warmup"
  torch "plain_train.$round" "$python" --task train --mode plain --batch "$batch" --steps "$plain_steps" --warmup 1
  torch "tuned_train.$round" "${train_python:-}" "${tuned_train[@]}" --steps "$steps" --warmup "$warmup"
  seg "seg_files.$round" train --steps "$steps" --warmup "$warmup"
  torch "tuned_files.$round" "${train_python:-}" "${tuned_train[@]}" "${train_workers[@]}" "${files[@]}" --steps "$steps"
  seg "seg_loss.$round" loss --shape "$shape" --size "$labels" --runs "$runs"
  torch "plain_loss.$round" "$python" --task loss --mode plain --shape "$shape" --size "$labels" --steps "$runs" --warmup 1
  torch "tuned_loss.$round" "$python" --task loss --mode tuned --shape "$shape" --size "$labels" --steps "$runs" --warmup 1
  seg "seg_eval.$round" eval --passes "$runs"
  torch "plain_eval.$round" "$python" --task eval --mode plain --batch 1 "${files[@]}" --workers 0 --steps "$plain_steps"
  torch "tuned_eval.$round" "${eval_python:-}" "${tuned_eval[@]}" "${files[@]}" --steps 0
  seg "seg_predict.$round" predict --images "$((4 * steps))" --warmup "$warmup"
  torch "plain_predict.$round" "$python" --task eval --mode plain --batch 1 --steps "$plain_steps" --warmup 1
  torch "tuned_predict.$round" "${eval_python:-}" --task eval "${eval_engine[@]}" --batch 1 --steps "$steps" --warmup "$warmup"
done
python3 "$here/scripts/bench_compare_table.py" "$output" | tee "$output/table.md"
