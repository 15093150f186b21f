#!/usr/bin/env bash
# Whether two commits train and evaluate alike, bit for bit, on this machine: six short deterministic runs with each, whose final weights and
# report.json are compared. Processors differ in the last bits, so nothing is kept to compare with later.
#
#   scripts/compare_commits.sh BASE [HEAD]     each a commit, or a folder whose bin/ holds built programs; HEAD is build if not given
#   OUT=DIR                                    where all of it goes (default: build/compare); removed first
#
# Exits with 1 where anything differs.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
out=${OUT:-build/compare}
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)

# The folder with the programs of a commit, built in a work tree of its own, or the folder itself.
programs_of() {
  if [ -x "$1/bin/segtrain" ]; then (cd "$1/bin" && pwd); return; fi
  local tree=$out/tree-$2
  git worktree add --detach --force "$tree" "$1" >&2
  "$tree/scripts/build.sh" -DSEG_TESTS=OFF >&2
  echo "$tree/build/bin"
}
trap 'for tree in "$out"/tree-*; do [ ! -d "$tree" ] || git worktree remove --force "$tree"; done' EXIT
base=$(programs_of "$1" base)
head=$(programs_of "${2:-build}" head)

"$base/segdata" generate --layout synthia_seqs --output "$out/synthia" --count 40 --size 120x200 --seed 3 >/dev/null
"$base/segdata" generate --layout camvid --output "$out/camvid" --count 30 --size 120x160 --seed 4 >/dev/null
export DEMO_ROOT=$out/synthia CAMVID_ROOT=$out/camvid SYNTHIA_ROOT=$out/synthia

short="train.deterministic=true train.threads=2 train.epochs=0 train.iterations=12 train.batch_size=4 train.val_interval=6"
runs=(
  "ce          demo.yaml             $short loss.type=ce"
  "recall      demo.yaml             $short loss.error_rate.momentum=0.9"
  "sum         demo.yaml             $short loss.type=sum loss.sum={ce:1,lovasz:0.5}"
  "crops       camvid_recall.yaml    $short data.size=[96,96] train.ema=0.9 train.accumulate=2 train.batch_size=2"
  "published   synthia_published.yaml $short data.size=[96,160] train.iterations=4 train.val_interval=4"
  "auxiliary   demo.yaml             $short model.arch=deeplabv3 model.auxiliary=true"
)

# Trains and evaluates one run with the programs in $1 into $2; prints the digest of the final weights.
run() {
  local programs=$1 folder=$2 config=$3 sets=()
  shift 3
  for setting in "$@"; do sets+=(--set "${setting//:/: }"); done
  "$programs/segtrain" --config "$config" "${sets[@]}" --run-dir "$folder" 2>"$folder.log" | sed -n 's/^weights: //p' ||
    { tail -n 2 "$folder.log" >&2; exit 1; }
  "$programs/segeval" --checkpoint "$folder/checkpoints/last.safetensors" --output "$folder/eval/last" >/dev/null 2>>"$folder.log"
}

differing=0
for line in "${runs[@]}"; do
  read -r name config settings <<<"$line"
  weights=()
  for side in base head; do
    # shellcheck disable=SC2086  # settings are words
    weights+=("$(run "${!side}" "$out/$name-$side" "$config" $settings)")
    sed -i "s|$name-$side|RUN|" "$out/$name-$side/eval/last/report.json"
  done
  verdict="the same"
  [ -n "${weights[0]}" ] && [ "${weights[0]}" = "${weights[1]}" ] || verdict="other weights (${weights[*]})"
  cmp -s "$out/$name-base/eval/last/report.json" "$out/$name-head/eval/last/report.json" || verdict+=", other report.json"
  [ "$verdict" = "the same" ] || differing=1
  printf '%-10s %s\n' "$name" "$verdict"
done
exit $differing
