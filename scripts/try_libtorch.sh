#!/usr/bin/env bash
# Checks that segtrain compiles with other versions of LibTorch from PyPI and passes the tests that need no GPU.
#
#   scripts/try_libtorch.sh [VERSION...]     default: the newest. Each version downloads 2.5 GB or more; build and tests take a quarter of an hour.
#
# scripts/test.sh tests with Debian's own LibTorch (1.13 on Debian 12, 2.6 on Debian 13); scripts/setup.sh --cuda installs 2.11.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- newest
scripts/setup.sh --own-libtorch --cuda
toolkit=$(echo "$PWD"/build/venv-cuda/lib/python3*/site-packages/nvidia/cu13) compiler=()
[ ! -x "$toolkit/bin/nvcc" ] ||
  compiler=(-DCMAKE_CUDA_COMPILER="$toolkit/bin/nvcc" -DCUDA_TOOLKIT_ROOT_DIR="$toolkit" -DCUDAToolkit_ROOT="$toolkit")
for version in "$@"; do
  folder=build-libtorch-$version venv=$PWD/build/venv-libtorch-$version wanted=torch
  [ "$version" = newest ] || wanted=torch==$version
  echo "== $wanted"
  /usr/bin/python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir "$wanted"
  SEG_BUILD=$folder scripts/build.sh -DCMAKE_PREFIX_PATH="$(echo "$venv"/lib/python3*/site-packages/torch)" -DSEG_CUDA_ARCH=sm_90 "${compiler[@]}"
  "$folder/bin/segtrain" --version
  (cd "$folder" && ctest --output-on-failure --timeout 600 -R '^(core|device|ranks|ops|data|models|losses|optim|predict|engine|export|bench|Programs|Ranks)$')
  rm -rf "$folder" "$venv"
done
