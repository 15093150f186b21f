#!/usr/bin/env bash
# Runs clang-tidy over all sources. With --since: over the sources changed since a commit, and one source per changed header. Build first.
#
#   scripts/lint.sh [--since COMMIT]       if the clone does not have the commit (depth 1): all sources
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "lint: $1" >&2; exit 1; }
[ -e build/compile_commands.json ] || fail "build first (scripts/build.sh)"
command -v clang-tidy >/dev/null || fail "clang-tidy is missing (scripts/setup.sh --lint)"

since=""
case ${1:-} in
  "") ;;
  --since)
    [ $# -eq 2 ] || fail "--since has no commit"
    since=$(git rev-parse -q --verify "$2^{commit}") || echo "lint: this clone has no commit $2; checking every source"
    ;;
  *) fail "unknown option $1" ;;
esac

# A header is checked with a source: its own source if it has one, else the first that includes it, directly or through other headers.
source_of() {
  local seen=" $1 " queue=("$1") header includers user
  while [ ${#queue[@]} -gt 0 ]; do
    header=${queue[0]} queue=("${queue[@]:1}")
    [ ! -e "${header%.hpp}.cpp" ] || { echo "${header%.hpp}.cpp"; return; }
    includers=$(grep -rlsF "#include \"${header#src/}\"" src apps --include='*.?pp' | sort) || true  # grep: none
    for user in $includers; do
      case $user in
        *.cpp) echo "$user"; return ;;
        *) [[ $seen == *" $user "* ]] || { seen+="$user "; queue+=("$user"); } ;;
      esac
    done
  done
  echo "lint: no source includes $1" >&2
}

if [ -n "$since" ]; then
  changed=$(git diff --name-only --diff-filter=d "$since" -- 'src/*.?pp' 'apps/*.?pp')
  new=$(git ls-files --others --exclude-standard -- 'src/*.?pp' 'apps/*.?pp')
else
  changed=$(git ls-files --cached --others --exclude-standard -- 'src/*.cpp' 'apps/*.cpp') new=""
fi
list=$(for file in $changed $new; do
  case $file in *.hpp) source_of "$file" ;; *) [ ! -e "$file" ] || echo "$file" ;; esac
done | grep -v '/cuda/[^/]*\.cpp$' | sort -u) || true  # those include CUDA's headers, which this build does not have
[ -n "$list" ] || { echo "lint: no source has changed"; exit 0; }
mapfile -t files <<<"$list"

# The compilation database gets an entry for each source, also if several are compiled as one. GCC's precompiled header is left out, because
# clang cannot read it.
mkdir -p build/tidy
python3 - build/compile_commands.json build/tidy/compile_commands.json <<'END'
import json, re, sys
entries = []
for entry in json.load(open(sys.argv[1])):
    command = re.sub(r"-Winvalid-pch|-include \S+cmake_pch\.hxx", "", entry["command"])
    together = re.search(r"/Unity/unity_\w+\.cxx$", entry["file"])
    sources = re.findall(r'^#include "(.+)"$', open(entry["file"]).read(), re.M) if together else [entry["file"]]
    entries += [{**entry, "file": source, "command": command.replace(entry["file"], source)} for source in sources]
json.dump(entries, open(sys.argv[2], "w"))
END
# Only findings in our own files count: clang's C++20 mode does not compile every LibTorch header. clang-tidy exits with 1 for both kinds of
# findings. A higher exit code, or a signal, means that it did not run; xargs then returns 124 or more.
log=build/tidy/log code=0
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 \
  sh -c 'clang-tidy -p build/tidy --quiet --extra-arg=-ferror-limit=0 "$1" || { [ $? -eq 1 ] || exit 255; }' lint >"$log" 2>"$log.errors" || code=$?
[ "$code" -eq 0 ] || { tail -n 5 "$log.errors" >&2; fail "clang-tidy did not finish; see $log.errors"; }
found=$(awk -v here="$PWD/" 'index($0, here "src/") != 1 && index($0, here "apps/") != 1 { next }
  / (warning|error): / && !/clang-diagnostic-error/' "$log" | sort -u)
[ -z "$found" ] || { echo "$found"; exit 1; }
echo "lint: ${#files[@]} files clean"
