#!/usr/bin/env bash
# clang-tidy over our sources: all of them, or those changed since a commit. Build first.
#
#   scripts/lint.sh [--since COMMIT]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -e build/compile_commands.json ] || { echo "lint: build first (scripts/build.sh)" >&2; exit 1; }
if [ "${1:-}" = --since ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$2" -- 'src/*.cpp' 'apps/*.cpp')
else
  mapfile -t files < <(git ls-files -- 'src/*.cpp' 'apps/*.cpp')
fi
[ ${#files[@]} -gt 0 ] || { echo "lint: no source has changed"; exit 0; }
# clang cannot read GCC's precompiled header, so the database it is given leaves it out.
mkdir -p build/tidy
sed -E 's/-Winvalid-pch|-include [^ ]+cmake_pch\.hxx//g' build/compile_commands.json >build/tidy/compile_commands.json
# Only findings in our own files count: clang's C++20 mode does not compile every LibTorch header, and says so.
found=$(printf '%s\n' "${files[@]}" |
  xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet --extra-arg=-ferror-limit=0 2>/dev/null |
  grep -E "^$PWD/(src|apps)/[^ ]+ (warning|error): " | grep -v 'clang-diagnostic-error' | sort -u || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
echo "lint: ${#files[@]} files clean"
