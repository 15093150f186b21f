#!/usr/bin/env bash
# Tests segtrain.losses with the PyTorch of scripts/setup.sh --cuda; no GPU is needed.
#
#   scripts/test_python.sh [pytest options...]     for example: scripts/test_python.sh -k golden
#   SEG_BUILD                                      build folder (default: build-cuda)
#   SEG_KERNELS=portable|avx2|avx512               the kernels to test (default: the best)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SEG_BUILD:-build-cuda}
SEG_BUILD=$build SEG_TARGETS=segtrain_operators scripts/build.sh --cuda -DSEG_CUDA_ARCH="${SEG_CUDA_ARCH:-sm_90}"
# torch.compile's cache does not know when an operator has changed.
export TORCHINDUCTOR_FORCE_DISABLE_CACHES=1
export PYTHONPATH=$PWD/python SEGTRAIN_OPERATORS=$PWD/$build/lib/libsegtrain_operators.so
exec build/venv-cuda/bin/python -m pytest -q -p no:cacheprovider tests/python "$@"
