#!/usr/bin/env bash
# Checks that two commits train and evaluate alike on this machine: compares final weights and report.json of short deterministic runs.
# Processors differ in the last bits, so no results are kept for later comparisons.
#
#   scripts/compare_commits.sh [OPTION...] BASE [HEAD]    each a commit, or a folder with built programs in bin/; default of HEAD: the folder build
#
#   --tolerance X     largest distance between the final weights, |head - base| / |base - start| over all parameters; 0, the default, requires equal
#                     bits of weights and report.json
#   --base-set K=V    a setting for the runs of one side, after all others; repeats
#   --head-set K=V
#   --runs "A B"      only these runs
#   OUT=DIR           output folder (default: build/compare); it is removed first
#
# Prints the distance of each run. The exit code is 1 if one is too large.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
tolerance=0 wanted="" base_set=() head_set=()
while [[ "${1:-}" == --* ]]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --tolerance) tolerance=$2 ;;
    --base-set) base_set+=(--set "$2") ;;
    --head-set) head_set+=(--set "$2") ;;
    --runs) wanted=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[ $# -ge 1 ] || usage
out=${OUT:-build/compare}
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Prints the folder with the programs of a commit, built in a separate work tree, or the folder itself.
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
  "iou_gap     demo.yaml             $short loss.type=iou_gap"
  "ohem        demo.yaml             $short loss.type=ohem"
)

# run SIDE FOLDER CONFIG SETTING...: trains and evaluates one run with the programs of a side.
run() {
  local programs=${!1} folder=$2 config=$3 sets=()
  local -n own=$1_set
  shift 3
  for setting in "$@"; do sets+=(--set "${setting//:/: }"); done
  "$programs/segtrain" --config "$config" "${sets[@]}" "${own[@]}" --run-dir "$folder" >/dev/null 2>"$folder.log" || { tail -n 2 "$folder.log" >&2; exit 1; }
  "$programs/segeval" --checkpoint "$folder/checkpoints/last.safetensors" --output "$folder/eval/last" >/dev/null 2>>"$folder.log"
}

# distance START BASE HEAD: prints |head - base| / |base - start| of the parameters in three checkpoints.
distance() {
  python3 - "$@" <<'END'
import array, json, math, sys

def parameters(path):
    """The names and values of all parameters of the network, without running statistics and counts."""
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    names = sorted(n for n, e in header.items() if n.startswith("model.") and "running_" not in n and e["dtype"] == "F32")
    values = array.array("f")
    for name in names:
        begin, end = header[name]["data_offsets"]
        values.frombytes(data[8 + size + begin : 8 + size + end])
    return names, values

(_, start), (names, base), (other, head) = map(parameters, sys.argv[1:])
if names != other:
    sys.exit("the parameters have different names")
print("%.1e" % (math.dist(head, base) / math.dist(base, start)))
END
}

differing=0
for line in "${runs[@]}"; do
  read -r name config settings <<<"$line"
  [ -z "$wanted" ] || [[ " $wanted " == *" $name "* ]] || continue
  # shellcheck disable=SC2086  # settings are words
  {
    for side in base head; do
      run $side "$out/$name-$side" "$config" $settings
      sed -i "s|$name-$side|RUN|" "$out/$name-$side/eval/last/report.json"
    done
    run base "$out/$name-start" "$config" $settings train.iterations=1 optimizer.lr=0
  }
  last=checkpoints/last.safetensors
  apart=$(distance "$out/$name-start/$last" "$out/$name-base/$last" "$out/$name-head/$last")
  verdict="$apart of the distance moved"
  cmp -s "$out/$name-base/eval/last/report.json" "$out/$name-head/eval/last/report.json" || verdict+=", different report.json"
  if [ "$tolerance" = 0 ]; then
    [ "$verdict" = "0.0e+00 of the distance moved" ] && verdict="the same bits" || differing=1
  else
    awk -v a="$apart" -v t="$tolerance" 'BEGIN { exit !(a <= t) }' || differing=1
  fi
  printf '%-10s %s\n' "$name" "$verdict"
done
exit $differing
