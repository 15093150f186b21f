#!/usr/bin/env bash
# Runs the checks that take too long for every commit: planted mistakes, all tests with the address and undefined-behaviour sanitizers, the
# loader and the caches with the thread sanitizer, every fuzz target, the fault drill, clang-tidy over all sources, the portable kernels
# for ARM64, the losses for PyTorch, the Debian package, and the newest LibTorch from PyPI.
#
#   scripts/nightly.sh [FUZZ_SECONDS]      default 600 per target; about two hours on two cores. Continues after a failure; prints a summary.
set -uo pipefail
cd "$(dirname "$0")/.."
fuzz_seconds=${1:-600}
summary=()

# check NAME COMMAND...
check() {
  local name=$1 begin=$SECONDS verdict=passed
  shift
  echo "== $name"
  "$@" || verdict=FAILED
  summary+=("$verdict  $name ($((SECONDS - begin)) s)")
}

arm64() {
  local source
  scripts/setup.sh --arm64 || return
  for source in src/ops/cpu/*.cpp; do
    grep -q ATen "$source" || aarch64-linux-gnu-g++ -std=c++20 -O3 -Wall -Wextra -Werror -fno-trapping-math -Isrc -c "$source" -o /dev/null || return
  done
}

python_losses() {
  local kernels
  for kernels in portable avx2 avx512; do SEG_KERNELS=$kernels scripts/test_python.sh || return; done
}

check "build and tests" scripts/test.sh
check "planted mistakes" scripts/mutations.sh
check "tests under address and undefined-behaviour sanitizers" scripts/sanitize.sh address
check "loader and caches under the thread sanitizer" scripts/sanitize.sh thread
check "fuzzing" scripts/fuzz.sh "$fuzz_seconds"
check "fault drill" scripts/fault_drill.sh
check "lint of the whole tree" sh -c 'scripts/setup.sh --lint && scripts/lint.sh'
check "kernels for ARM64" arm64
check "losses for PyTorch" python_losses
check "Debian package" scripts/package.sh
check "newest LibTorch" scripts/try_libtorch.sh newest
printf '%s\n' "${summary[@]}"
case ${summary[*]} in *FAILED*) exit 1 ;; esac
