#!/usr/bin/env bash
# Tests the HTML pages of segreport and segdata in a headless Chromium: charts, keyboard, themes, phone width, print, hostile names.
# Installs Chromium and its driver, and builds the programs. After that, the test "pages" of scripts/test.sh runs too.
#
#   scripts/test_pages.sh [SCREENSHOT_FOLDER]      with a folder: also pictures of every page, light, dark, on a phone, and as PDF
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
scripts/setup.sh --browser
SEG_REQUIRE_ALL=1 exec /usr/bin/python3 tests/browser/pages_test.py build/bin "$@"
