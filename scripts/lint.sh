#!/usr/bin/env bash
# clang-tidy over our sources: all of them, or those changed since a commit.
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
[ ${#files[@]} -gt 0 ] || { echo "lint: nothing to look at"; exit 0; }
# clang cannot read GCC's precompiled header, so the database it is given leaves it out.
mkdir -p build/tidy
python3 - <<'PY'
import json, re
entries = json.load(open("build/compile_commands.json"))
for entry in entries:
    entry["command"] = re.sub(r"-Winvalid-pch|-include \S+cmake_pch\.hxx|-fno-\S+=\S+", "", entry["command"])
json.dump(entries, open("build/tidy/compile_commands.json", "w"))
PY
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet 2>/dev/null
echo "lint: ${#files[@]} files clean"
