#!/usr/bin/env bash
# Tests the HTML pages of segreport and segdata in a headless Chromium: charts, keyboard, themes, phone width, print, hostile names.
# Installs Chromium, npm and playwright-core, and builds the programs. Once installed, the test "pages" of scripts/test.sh runs too.
#
#   scripts/test_pages.sh [SCREENSHOT_FOLDER]      with a folder: also pictures of every page, light, dark, on a phone, and as PDF
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
scripts/setup.sh --browser
exec node tests/browser/pages.mjs build/bin "$@"
