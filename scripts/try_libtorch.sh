#!/usr/bin/env bash
# Whether segtrain compiles with other versions of LibTorch from PyPI and passes the tests that need no GPU.
#
#   scripts/try_libtorch.sh [VERSION...]     default: the newest. Each downloads 2.5 GB or more, and builds for a quarter of an hour.
#
# Debian 12's and Debian 13's own LibTorch (1.13, 2.6) are what scripts/test.sh runs with there; 2.11 is that of scripts/setup.sh --cuda.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- newest
scripts/setup.sh --cuda
for version in "$@"; do
  folder=build-libtorch-$version venv=$PWD/build/venv-libtorch-$version
  wanted=torch
  [ "$version" = newest ] || wanted=torch==$version
  echo "== LibTorch: $wanted"
  /usr/bin/python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir "$wanted"
  prefix=$(echo "$venv"/lib/python3*/site-packages/torch)
  # Another CUDA than the compiler's would be refused.
  "$venv/bin/python" -c 'import torch; print("LibTorch", torch.__version__)'
  SEG_BUILD=$folder CMAKE_PREFIX_PATH=$prefix scripts/build.sh -DSEG_CUDA_ARCH=sm_90 -DCMAKE_PREFIX_PATH="$prefix"
  (cd "$folder" && ctest --output-on-failure --timeout 600 -E '^(pages|Installation)$')
  rm -rf "$folder" "$venv"
done
