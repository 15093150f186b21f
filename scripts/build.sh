#!/usr/bin/env bash
# Builds the programs into build/bin, with every dependency installed first.
#
#   scripts/build.sh [cmake options...]        SEG_JOBS: parallel compilers (default: one a core, at most one per 2 GB of memory)
set -euo pipefail
cd "$(dirname "$0")/.."

# Whether a LibTorch lies in CMAKE_PREFIX_PATH: given now, in the environment, or when build/ was configured.
own_libtorch() {
  local option prefix prefixes=${CMAKE_PREFIX_PATH:-}
  [ ! -e build/CMakeCache.txt ] || prefixes+=";$(sed -n 's/^CMAKE_PREFIX_PATH:[A-Z]*=//p' build/CMakeCache.txt)"
  for option in "$@"; do
    case $option in -DCMAKE_PREFIX_PATH[:=]*) prefixes+=";${option#*=}" ;; esac
  done
  while IFS= read -r prefix; do
    [ ! -e "$prefix/share/cmake/Torch/TorchConfig.cmake" ] && [ ! -e "$prefix/Torch/TorchConfig.cmake" ] || return 0
  done < <(tr ';:' '\n\n' <<<"$prefixes")
  return 1
}

setup=()
! own_libtorch "$@" || setup=(--own-libtorch)
scripts/setup.sh "${setup[@]}"
memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
jobs=${SEG_JOBS:-$(nproc)}
[ "$jobs" -le $((memory_gb / 2 + 1)) ] || jobs=$((memory_gb / 2 + 1))
log=build/configure.log
mkdir -p build
if [ ! -e build/build.ninja ] || [ $# -gt 0 ]; then
  cmake -S . -B build -G Ninja "$@" >"$log" 2>&1 || {
    grep -A5 'CMake Error' "$log" >&2 || tail -n 20 "$log" >&2
    exit 1
  }
fi
if [ -t 1 ]; then
  ninja -C build -j "$jobs"
else
  echo "build: $jobs jobs, some minutes the first time; log in build/build.log"
  ninja -C build -j "$jobs" >build/build.log 2>&1 || {
    grep -E -A8 'error|FAILED' build/build.log | head -n 60 >&2
    echo "build: failed; the whole log is build/build.log" >&2
    exit 1
  }
fi
