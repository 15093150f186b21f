#!/usr/bin/env bash
# Sets up, builds and runs all tests.
#
#   scripts/test.sh [ctest options...]         for example: scripts/test.sh -R Recall
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
cd build
exec ctest --output-on-failure --timeout 300 -j "$(nproc)" "$@"
