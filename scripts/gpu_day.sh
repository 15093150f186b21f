#!/usr/bin/env bash
# Tests and measures on a GPU within minutes. Packs one folder with programs, tests and all that they need; two calls on the GPU machine use it.
#
#   scripts/gpu_day.sh --pack DIR [--arch sm_90]   on this machine: builds for CUDA and fills DIR with at most 55 MB
#   DIR/gpu_day.sh --check [--output DIR]          on the GPU machine, 4 minutes: are the kernels correct, and does training run?
#   DIR/gpu_day.sh --measure [--output DIR]        on the GPU machine, 5 minutes: as many runs of scripts/bench_gpu.sh as fit, and its table
#   --seconds N    another deadline      --rehearse    on the CPU, with other tests and small sizes, to check that nothing is missing
#
# The GPU machine needs an NVIDIA GPU, its driver, a C library as new as here, and a Python with torch 2.11 for CUDA 13.0 (PYTHON; default python3).
# It needs no network and no packages. Each part has a time limit, a log and a line of result. A failure does not stop the other parts, and no part
# starts after the deadline. The exit code is 0 if all parts passed. Output goes to --output (default DIR/output), torch.compile's cache to DIR/cache.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=(segtrain segbench segdata device_tests ops_tests engine_tests)
most_bytes=55000000
mode="" pack="" arch=sm_90 output=$here/output seconds="" rehearse="" device=cuda
while [ $# -gt 0 ]; do
  case $1 in
    --pack) mode=pack pack=${2:-}; shift 2 || exit 2 ;;
    --check | --measure) mode=${1#--}; shift ;;
    --arch) arch=${2:-}; shift 2 || exit 2 ;;
    --output) output=${2:-}; shift 2 || exit 2 ;;
    --seconds) seconds=${2:-}; shift 2 || exit 2 ;;
    --rehearse) rehearse=yes device=cpu; shift ;;
    --help | -h) sed -n '2,11p' "$0" | cut -c3-; exit 0 ;;
    *) echo "error: unknown option $1" >&2; exit 2 ;;
  esac
done
python=${PYTHON:-python3}

# ---- Packing, on this machine ----

# Prints the folders of LibTorch and of the libraries in its wheels, separated by colons as in LD_LIBRARY_PATH.
torch_folders() {
  timeout 60 "$python" -W ignore -c 'import pathlib, torch
torch = pathlib.Path(torch.__file__).parent
print(*[torch / "lib", *sorted(torch.parent.glob("nvidia/*/lib"))], sep=":")'
}

# Prints the libraries that a program loads from outside LibTorch, without the runtimes of the C and C++ compilers, which every system has.
own_libraries() {
  LD_LIBRARY_PATH=$2 ldd "$1" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | grep -v -E '/site-packages/|/(libc|libm|libdl|librt|libpthread|libutil|libresolv|libstdc\+\+|libgcc_s)\.so\.'
}

make_pack() (
  set -e
  cd "$here/.."
  build=${SEG_BUILD:-build-gpu-day} folder=$(mkdir -p "$pack" && cd "$pack" && pwd)
  # Without library paths of this machine in the programs: they would hide a missing library.
  SEG_BUILD=$build SEG_TARGETS="${programs[*]}" scripts/build.sh --cuda -DSEG_CUDA_ARCH="$arch" -DOpenCV_DIR="$(scripts/small_opencv.sh)" -DCMAKE_SKIP_RPATH=ON
  python=$PWD/build/venv-cuda/bin/python
  libraries=$(torch_folders)
  rm -rf "${folder:?}"/{bin,lib,scripts,share,programs.tar.gz}
  mkdir -p "$folder"/{bin,lib,scripts,share/segtrain}
  for name in "${programs[@]}"; do
    strip -o "$folder/bin/$name" "$build/bin/$name"
    own_libraries "$folder/bin/$name" "$libraries"
  done | sort -u | xargs -d '\n' cp -L -t "$folder/lib"
  strip --strip-unneeded "$folder"/lib/*
  tar -C "$folder" -czf "$folder/programs.tar.gz" bin lib
  rm -r "${folder:?}"/{bin,lib}
  cp -r configs "$folder/share/segtrain/configs"
  mkdir "$folder/share/segtrain/data"
  cp data/*.yaml "$folder/share/segtrain/data"
  cp scripts/bench_gpu.sh scripts/bench_compare_table.py scripts/bench_pytorch*.py "$folder/scripts"
  cp scripts/gpu_day.sh "$folder/gpu_day.sh"
  git describe --always --dirty >"$folder/version.txt" || echo unknown >"$folder/version.txt"
  bytes=$(du -sb --exclude output --exclude cache "$folder" | cut -f1)
  [ "$bytes" -le "$most_bytes" ] || { echo "error: $folder has $bytes bytes; at most $most_bytes are allowed" >&2; exit 1; }
  echo "pack: $folder, $((bytes / 1000000)) MB, for $arch"
)

# ---- Parts, on the GPU machine ----

failed=0
under=()  # the command that runs the tests
say() { echo "$*" | tee -a "$output/$mode.txt"; }

# verdict NAME TEXT: prints the line of a part; counts it if it FAILED.
verdict() {
  say "$(printf '%-22s %s' "$1" "$2")"
  [[ $2 != FAILED* ]] || failed=$((failed + 1))
}

# attempt NAME LIMIT COMMAND...: runs the command, sets `result`, and fails if the command does. The log is logs/NAME.txt.
attempt() {
  local log=$output/logs/$1.txt limit=$2 left=$((deadline - SECONDS)) begin=$SECONDS code=0
  shift 2
  [ -z "$rehearse" ] || limit=$((4 * limit))  # the CPU is slower
  if [ "$left" -lt 3 ]; then result="skipped: the time is up"; return 1; fi
  [ "$limit" -le "$left" ] || limit=$left
  echo "\$ $*" >"$log"
  { timeout -k 3 "$limit" "$@" </dev/null || code=$?; } >>"$log" 2>&1
  case $code in
    0) result="passed ($((SECONDS - begin)) s)"; return 0 ;;
    124 | 137) result="FAILED: not done within $limit s" ;;
    *) result="FAILED: exit code $code after $((SECONDS - begin)) s: $(tail -n 1 "$log" | cut -c1-160)" ;;
  esac
  return 1
}

part() {
  attempt "$@" || true
  verdict "$1" "$result"
}

# tests NAME LIMIT PROGRAM FILTER OTHERS: runs tests of googletest; OTHERS is the filter of a rehearsal. A skipped test counts as failed.
tests() {
  local filter=$4 passed skipped
  [ -z "$rehearse" ] || filter=$5
  if attempt "$1" "$2" "${run[@]}" "${under[@]}" "$bin/$3" --gtest_brief=1 "--gtest_filter=$filter"; then
    passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$output/logs/$1.txt")
    skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$output/logs/$1.txt")
    if [ "${skipped:-0}" -gt 0 ] || [ "${passed:-0}" -eq 0 ]; then result="FAILED: ${passed:-0} tests passed, ${skipped:-0} were skipped"; else result="$passed tests $result"; fi
  fi
  verdict "$1" "$result"
}

# Unpacks the programs, once.
unpack() {
  local packed=$here/programs.tar.gz sum
  [ -e "$packed" ] || return 0
  sum=$(cksum <"$packed")
  [ "$(cat "$here/bin/unpacked" 2>/dev/null)" != "$sum" ] || return 0
  rm -rf "${here:?}"/{bin,lib}
  tar -C "$here" --no-same-owner -xzf "$packed" && echo "$sum" >"$bin/unpacked"
}

# Exits if a program would not start.
check_libraries() {
  local name missing
  folders=$(torch_folders 2>"$output/logs/torch.txt") || {
    verdict libraries "FAILED: $python has no torch: $(tail -n 1 "$output/logs/torch.txt")"
    exit 1
  }
  export SEG_BIN=$bin SEG_LIBRARY_PATH=$folders:$here/lib PYTHON=$python TORCHINDUCTOR_CACHE_DIR=$here/cache/inductor TRITON_CACHE_DIR=$here/cache/triton
  run=(env "LD_LIBRARY_PATH=$SEG_LIBRARY_PATH")
  for name in "${programs[@]}"; do
    missing=$("${run[@]}" ldd "$bin/$name" 2>&1 | grep -E 'not found|No such file' | head -n 1 | xargs)
    [ -z "$missing" ] || { verdict libraries "FAILED: $name: $missing"; exit 1; }
  done
  verdict libraries passed
}

card() {
  local script='import torch
print("torch", torch.__version__, "CUDA", torch.version.cuda, "cuDNN", torch.backends.cudnn.version())
if torch.cuda.is_available(): print(torch.cuda.get_device_properties(0))'
  [ -n "$rehearse" ] || script+='
torch.zeros(1).cuda()'
  attempt card 40 bash -c '! command -v nvidia-smi || nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap,clocks.max.sm --format=csv
"$0" -c "$1"' "$python" "$script" || true
  verdict card "$result"
  tail -n +2 "$output/logs/card.txt" | grep -E 'torch [0-9]|NVIDIA|_CudaDevice' | sed 's/^/    /' | tee -a "$output/$mode.txt"
}

bench() { "$here/scripts/bench_gpu.sh" --output "$output/bench" ${rehearse:+--tiny} "$@"; }

# start_warming LIMIT: fills torch.compile's cache in the background, while other parts run untimed.
warm_cache() {
  local code=0
  bench --run warm_train || code=1
  bench --run warm_loss || code=1
  return "$code"
}
start_warming() {
  mkdir -p "$output/bench" "$here/cache"
  export -f warm_cache bench
  export here output rehearse
  timeout -k 3 "$1" bash -c warm_cache </dev/null >"$output/logs/warm-cache.txt" 2>&1 &
  warming=$!
}
end_of_warming() {
  warm_code=0
  wait "$warming" || warm_code=$?
  case $warm_code in
    0) result=passed ;;
    124 | 137) result="FAILED: not done" ;;
    *) result="FAILED: $(tail -n 1 "$output/logs/warm-cache.txt" | cut -c1-160)" ;;
  esac
  verdict warm-cache "$result (after $SECONDS s)"
}
# Whether to run `compile_TASK`: not if the compiler failed. If it only ran out of time, it may finish now.
compiles() { [ "$warm_code" -eq 0 ] || [ "$warm_code" -ge 124 ] || [ -e "$output/bench/warm_$1.json" ]; }

# ---- Check ----

# demo NAME SETTING: trains 30 steps of the demo.
demo() {
  local small=()
  [ -z "$rehearse" ] || small=(--set "data.size=[48,80]" --set train.batch_size=2 --set train.iterations=3)
  attempt "$1" 50 "${run[@]}" DEMO_ROOT="$output/frames" "$bin/segtrain" --config demo.yaml --run-dir "$output/$1" --device "$device" --set "$2" \
    --set train.iterations=30 --set train.val_interval=30 --set train.checkpoint_interval=30 --set train.log_interval=10 \
    "${small[@]}" || { verdict "$1" "$result"; return; }
  if [ "$2" = train.cuda_graph=auto ] && [ -z "$rehearse" ] && ! grep -q 'is recorded as a CUDA graph' "$output/logs/$1.txt"; then
    result="FAILED: $(grep -o 'the training step is not recorded.*' "$output/logs/$1.txt" || echo 'the log does not mention a recorded step')"
  fi
  verdict "$1" "$result"
}

check() {
  local sanitizer shapes='Cuda/OnGpu.ClassSumsAreThoseOfTheCpuInEveryRun' frames=60
  [ -z "$rehearse" ] || frames=20
  card
  start_warming "$((deadline - SECONDS))"  # --measure needs the cache, and has less time
  tests ops 60 ops_tests 'Cuda/*:ParameterUpdates.*' 'ClassSums*:Normalize*:ParameterUpdates.*-*Golden*'
  tests device 30 device_tests 'OnAGpu.*' 'OnAFakeDevice.*'
  tests counts 30 engine_tests 'LabelCounting.OnAGpu*' 'LabelCounting.*-*OnAGpu*'
  tests learner 90 engine_tests 'LearnerOnGpu.*' 'LearnerTest.*:Recording.*'
  rm -rf "$output/frames" "$output/demo-launched" "$output/demo-recorded"
  part frames 30 "${run[@]}" "$bin/segdata" generate --layout synthia_seqs --output "$output/frames" --count "$frames" --size 190x320
  demo demo-launched train.cuda_graph=off
  demo demo-recorded train.cuda_graph=auto
  sanitizer=$(PATH=$PATH:/usr/local/cuda/bin:/usr/local/cuda-13.0/bin command -v compute-sanitizer)
  if [ -z "$sanitizer" ]; then
    verdict memcheck "skipped: there is no compute-sanitizer"
  else
    under=("$sanitizer" --tool memcheck --error-exitcode 9)
    tests memcheck 90 ops_tests "$shapes/0:$shapes/2:$shapes/4:Cuda/OneGpu.BatchNorm*:Cuda/OneGpu.DropOut*" 'ClassSums*'
  fi
  end_of_warming
}

# ---- Measure ----

measure() {
  local name task
  rm -rf "$output/bench"
  start_warming 110
  card
  part frames 60 "$here/scripts/bench_gpu.sh" --output "$output/bench" ${rehearse:+--tiny} --run frames
  end_of_warming
  for name in seg_train.1 tuned_train.1 compile_train.1 plain_train.1 seg_loss.1 compile_loss.1 tuned_loss.1 seg_profile.1 seg_recorded.1 seg_files.1 \
    seg_train.2 tuned_train.2 compile_train.2 plain_train.2 seg_loss.2 compile_loss.2 tuned_loss.2 seg_recorded.2 seg_kernels-off.1 seg_deterministic.1 \
    tuned_profile.1 compile_profile.1; do
    task=train
    [[ $name != *_loss.* ]] || task=loss
    if [[ $name == compile_* ]] && ! compiles "$task"; then verdict "$name" "skipped: torch.compile does not run here"; continue; fi
    part "$name" 45 "$here/scripts/bench_gpu.sh" --output "$output/bench" ${rehearse:+--tiny} --run "$name"
  done
  bench --table | tee -a "$output/$mode.txt"
}

case $mode in
  pack)
    [ -n "$pack" ] || { echo "error: --pack has no value" >&2; exit 2; }
    make_pack
    exit ;;
  check) deadline=${seconds:-235} ;;
  measure) deadline=${seconds:-290} ;;  # the table needs some seconds
  *) echo "error: no mode is given" >&2; echo "hint: use --pack DIR, --check or --measure; see --help" >&2; exit 2 ;;
esac
bin=$here/bin
mkdir -p "$output/logs"
output=$(cd "$output" && pwd)
: >"$output/$mode.txt"
say "$mode of $(cat "$here/version.txt" 2>/dev/null || echo unknown), $(date -u '+%F %H:%M') UTC${rehearse:+, a rehearsal on the CPU}"
unpack || { verdict unpack "FAILED: $here/programs.tar.gz cannot be unpacked"; exit 1; }
check_libraries
"$mode"
say "$mode: $failed parts failed, $SECONDS s; logs are in $output"
[ "$failed" -eq 0 ]
