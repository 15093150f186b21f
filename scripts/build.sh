#!/usr/bin/env bash
# Installs the dependencies and builds the programs into build/bin.
#
#   scripts/build.sh [--cuda] [cmake options...]
#
#   --cuda        for NVIDIA GPUs: with LibTorch for CUDA from PyPI, or with the LibTorch in CMAKE_PREFIX_PATH
#   SEG_BUILD     build folder (default: build)
#   SEG_TARGETS   targets to build (default: all)
#   SEG_JOBS      parallel compilers (default: one per core, at most one per 2 GB of memory)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SEG_BUILD:-build}
cuda=""
[ "${1:-}" != --cuda ] || { cuda=yes; shift; }

# Whether CMAKE_PREFIX_PATH holds a LibTorch: on the command line, in the environment, or from an earlier configuration of the folder.
own_libtorch() {
  local option prefix prefixes=${CMAKE_PREFIX_PATH:-}
  [ ! -e "$build/CMakeCache.txt" ] || prefixes+=";$(sed -n 's/^CMAKE_PREFIX_PATH:[A-Z]*=//p' "$build/CMakeCache.txt")"
  for option in "$@"; do
    case $option in -DCMAKE_PREFIX_PATH[:=]*) prefixes+=";${option#*=}" ;; esac
  done
  while IFS= read -r prefix; do
    [ ! -e "$prefix/share/cmake/Torch/TorchConfig.cmake" ] && [ ! -e "$prefix/Torch/TorchConfig.cmake" ] || return 0
  done < <(tr ';:' '\n\n' <<<"$prefixes")
  return 1
}

setup=()
if own_libtorch "$@"; then
  setup=(--own-libtorch)
elif [ -n "$cuda" ]; then
  setup=(--own-libtorch --cuda)
fi
scripts/setup.sh "${setup[@]}"
fresh=()  # --fresh if an earlier configuration may have found another LibTorch
if [[ " ${setup[*]} " == *" --cuda "* ]]; then
  packages=$(echo "$PWD"/build/venv-cuda/lib/python3*/site-packages)
  set -- -DCMAKE_PREFIX_PATH="$packages/torch" "$@"
  # The wheels bring the compiler if the system has none.
  toolkit=$packages/nvidia/cu13
  [ ! -x "$toolkit/bin/nvcc" ] || set -- -DCMAKE_CUDA_COMPILER="$toolkit/bin/nvcc" -DCUDA_TOOLKIT_ROOT_DIR="$toolkit" -DCUDAToolkit_ROOT="$toolkit" "$@"
fi
[[ " $* " != *" -DCMAKE_PREFIX_PATH"* ]] || fresh=(--fresh)
memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
jobs=${SEG_JOBS:-$(nproc)}
[ "$jobs" -le $((memory_gb / 2 + 1)) ] || jobs=$((memory_gb / 2 + 1))
log=$build/configure.log
mkdir -p "$build"
if [ ! -e "$build/build.ninja" ] || [ $# -gt 0 ]; then
  PATH=$PATH:/usr/local/cuda-13.0/bin:/usr/local/cuda/bin cmake "${fresh[@]}" -S . -B "$build" -G Ninja "$@" >"$log" 2>&1 || {
    grep -A5 'CMake Error' "$log" >&2 || tail -n 20 "$log" >&2
    exit 1
  }
fi
read -ra targets <<<"${SEG_TARGETS:-}"
if [ -t 1 ]; then
  ninja -C "$build" -j "$jobs" "${targets[@]}"
else
  echo "build: $jobs jobs; the first build takes some minutes; log: $build/build.log"
  ninja -C "$build" -j "$jobs" "${targets[@]}" >"$build/build.log" 2>&1 || {
    grep -E -A8 'error|FAILED' "$build/build.log" | head -n 60 >&2
    echo "build: failed; full log: $build/build.log" >&2
    exit 1
  }
fi
