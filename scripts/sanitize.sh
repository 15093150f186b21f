#!/usr/bin/env bash
# Builds the tests with a sanitizer and runs them.
#
#   scripts/sanitize.sh address [ctest options...]   address and undefined behaviour: all tests, or a selection (-R '^(base|config)$')
#   scripts/sanitize.sh thread                       data races: the loader and the caches
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
jobs=${SEG_JOBS:-$(nproc)}
# LibTorch and OpenCV keep some memory until the end, which we cannot free. The soak tests find leaks of our own code.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 OMP_WAIT_POLICY=passive

# build PRESET TARGET...
build() {
  local folder=build-$1
  mkdir -p "$folder"
  cmake --preset "$1" >"$folder/configure.log" 2>&1 || { tail -n 20 "$folder/configure.log" >&2; exit 1; }
  ninja -C "$folder" -j "$jobs" "${@:2}" >"$folder/build.log" 2>&1 || { grep -E -A8 'error|FAILED' "$folder/build.log" | head -n 60 >&2; exit 1; }
}

case ${1:-} in
  address)
    shift
    # If modules are selected, only their programs are built.
    targets=()
    [[ "$*" =~ ^-R\ \^\((.*)\)\$$ ]] && for module in ${BASH_REMATCH[1]//|/ }; do targets+=("${module}_tests"); done
    build asan "${targets[@]}"
    cd build-asan
    exec ctest --output-on-failure --timeout 1200 -j "$jobs" "$@"
    ;;
  thread)
    build tsan data_tests
    # The sanitizer does not know libgomp's barriers, so LibTorch uses one thread.
    OMP_NUM_THREADS=1 build-tsan/bin/data_tests --gtest_brief=1 --gtest_filter='Loader.*:*Cache*:*Parallel*:*SharedFile*'
    ;;
  *) sed -n '2,5p' "$0" | cut -c3- >&2; exit 2 ;;
esac
