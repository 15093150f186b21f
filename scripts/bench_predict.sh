#!/usr/bin/env bash
# Runs `segbench predict` and its rivals (scripts/bench_predict.py) in turn on the same network and image, one image at a time; prints one table.
#
#   scripts/bench_predict.sh [--quick] [--rounds N] [--sizes "HxW ..."] [--threads "N ..."] [--engines "NAME ..."] [--output DIR]
#
# Each round runs each program once, one at a time. The table shows medians over the rounds (default 3). The fastest settings of PyTorch are searched
# once for each size and number of threads. Default sizes: 360x480 512x1024 1024x2048; default threads: 2 1; default engines:
# torch compile onnxruntime openvino. compile needs a minute to start. --quick times few images a round, and PyTorch uses channels-last memory, and
# bfloat16 if the processor multiplies it, without trying the alternatives.
# A network is trained for one epoch on drawn street scenes, which takes seconds. Labels in float32 must agree on 99 % of the pixels of one image.
# DIR (default runs/bench-predict) gets the network, the JSON of every program, its log, and table.md.
# Rivals: the programs that scripts/setup.sh --rivals installs, and Debian's python3-torch with python3-opencv. Missing programs are left out.
# Variables such as ONEDNN_MAX_CPU_ISA apply to all programs and are printed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '2,13p' "$0" | cut -c3-; }
rounds=3 sizes="360x480 512x1024 1024x2048" threads="2 1" engines="torch compile onnxruntime openvino"
output=$here/runs/bench-predict runs=30 warmup=5 quick=""
while [ $# -gt 0 ]; do
  case $1 in
    --quick) runs=5 warmup=2 quick=yes; shift ;;
    --rounds) rounds=${2:-}; shift 2 ;;
    --sizes) sizes=${2:-}; shift 2 ;;
    --threads) threads=${2:-}; shift 2 ;;
    --engines) engines=${2:-}; shift 2 ;;
    --output) output=${2:-}; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) echo "error: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "error: --rounds $rounds is not a whole number of at least 1" >&2; exit 2; }
for size in $sizes; do [[ $size =~ ^[1-9][0-9]*x[1-9][0-9]*$ ]] || { echo "error: --sizes: $size is not HxW" >&2; exit 2; }; done
for engine in $engines; do
  [[ " torch compile onnxruntime openvino " == *" $engine "* ]] || { echo "error: unknown --engines $engine" >&2; exit 2; }
done
for count in $threads; do [[ $count =~ ^[1-9][0-9]*$ ]] || { echo "error: --threads: $count is not a whole number of at least 1" >&2; exit 2; }; done
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/segbench" ] || { echo "error: $bin/segbench is not built" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }

mkdir -p "$output"
output=$(cd "$output" && pwd)
rm -f "$output"/*.json "$output"/*.npy "$output/log.txt"

# log NAME COMMAND...: runs the command; its output goes to the log. If it fails, the end of the log is shown.
log() {
  echo "== $1" | tee -a "$output/log.txt" >&2
  shift
  if "$@" >>"$output/log.txt" 2>&1; then return; fi
  tail -n 20 "$output/log.txt" >&2
  return 1
}

# Each rival: a word for its file names, its Python, its engine and a precision. An auto that chooses float32 shows the same twice.
rivals=()
wanted() { [[ " $engines " == *" $1 "* ]]; }
note() { echo "note: $1 is left out: $2" >&2; }
venv=$here/build/venv-rivals venv26=$here/build/venv-rivals-torch26
torch_rivals() { # WORD PYTHON ENGINE...
  local engine precision word=$1 python=$2
  if ! "$python" -c 'import torch, numpy, cv2' 2>/dev/null; then note "PyTorch of $python" "torch, numpy or cv2 is missing"; return; fi
  for engine in "${@:3}"; do
    ! wanted "$engine" || for precision in auto fp32; do rivals+=("$word-$engine-$precision $python $engine $precision"); done
  done
}
torch_rivals torch "$venv/bin/python" torch compile
torch_rivals torch26 "$venv26/bin/python" torch compile
torch_rivals debian "${PYTHON:-/usr/bin/python3}" torch
for engine in onnxruntime openvino; do
  wanted "$engine" || continue
  if ! "$venv/bin/python" -c "import $engine, numpy, cv2" 2>/dev/null; then note "$engine" "it is missing in $venv"; continue; fi
  [ "$engine" = onnxruntime ] || rivals+=("$engine-auto $venv/bin/python $engine auto")
  rivals+=("$engine-fp32 $venv/bin/python $engine fp32")
done
[ -x "$venv/bin/python" ] || echo "hint: scripts/setup.sh --rivals installs them" >&2
ours=yes
[[ $("$bin/segbench" --help) == *$'\n  predict '* ]] || { ours=""; note "segbench predict" "$bin/segbench has no such command"; }

# Void is trained as a class, so that the network has as many classes as the network of segbench, which has random weights.
network=$output/network
if [ ! -e "$network/.complete" ]; then
  rm -rf "$network"
  log "drawing" "$bin/segdata" generate --layout camvid --output "$network/data" --count 24 --size 360x480
  log "training" "$bin/segtrain" --config camvid_ce.yaml --run-dir "$network/run" --set "data.root=$network/data" --set data.void=train \
    --set train.epochs=1 --set train.batch_size=4
  touch "$network/.complete"
fi
checkpoint=$network/run/checkpoints/best.safetensors
for size in $sizes; do
  [ -e "$network/$size/labels.onnx" ] || {
    log "drawing $size" "$bin/segdata" generate --layout camvid --output "$network/$size/data" --count 4 --size "$size"
    log "exporting $size" "$bin/segexport" --checkpoint "$checkpoint" --output "$network/$size/labels.onnx" --labels --size "$size"
  }
done

# rival NAME WORD PYTHON ENGINE PRECISION OPTIONS...: one run on this size and number of threads.
rival() {
  local file=(--weights "$checkpoint")
  [ "$4" = torch ] || [ "$4" = compile ] || file=(--model "$network/$size/labels.onnx")
  local images=("$network/$size/data/train"/*.png)
  log "$1" "$3" "$here/scripts/bench_predict.py" --engine "$4" --precision "$5" "${file[@]}" --image "${images[0]}" --size "$size" \
    --threads "$count" --json "$output/$1.json" "${@:6}"
}
# choice NAME KEY: the best value of a trial.
choice() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$output/$1.json" "$2"; }

# One image each: checks that all predict the same, and finds the fastest settings of PyTorch.
declare -A layouts precisions failed
best_precision=fp32
! grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo || best_precision=bf16
for size in $sizes; do
  for count in $threads; do
    for entry in "${rivals[@]}"; do
      read -r word python engine precision <<<"$entry"
      name=trial.$word.$size.$count labels=()
      [ "$precision" != fp32 ] || labels=(--labels "$output/$name.npy")
      settings=()
      case $quick,$engine,$precision in
        yes,torch,* | yes,compile,*) settings=(--layout channels-last --precision "${precision/auto/$best_precision}") ;;
      esac
      rival "$name" $entry --runs 1 --warmup 1 "${settings[@]}" "${labels[@]}" ||
        { note "$word at $size" "it does not run here"; failed[$name]=yes; continue; }
      [ "$engine" = torch ] || [ "$engine" = compile ] || continue
      layouts[$name]=$(choice "$name" layout) precisions[$name]=$(choice "$name" precision)
    done
  done
done

for round in $(seq "$rounds"); do
  for size in $sizes; do
    for count in $threads; do
      for precision in ${ours:+auto fp32}; do
        name=segbench-$precision.$size.$count.$round
        log "$name" "$bin/segbench" predict --images "$runs" --warmup "$warmup" --set "data.size=[${size%x*},${size#*x}]" \
          --set "train.threads=$count" --set "train.precision=$precision" --json "$output/$name.json"
      done
      for entry in "${rivals[@]}"; do
        read -r word python engine precision <<<"$entry"
        name=trial.$word.$size.$count
        [ -z "${failed[$name]:-}" ] || continue
        rival "$word.$size.$count.$round" "$word" "$python" "$engine" "${precisions[$name]:-$precision}" --runs "$runs" \
          --warmup "$warmup" ${layouts[$name]:+--layout "${layouts[$name]}"}
      done
    done
  done
done
python=python3
[ ! -x "$venv/bin/python" ] || python=$venv/bin/python
"$python" "$here/scripts/bench_predict_table.py" "$output" | tee "$output/table.md"
