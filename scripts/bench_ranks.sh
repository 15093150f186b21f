#!/usr/bin/env bash
# Measures the speed and memory of several processes: one process with two threads and two processes with one thread each, in turn; then two processes
# in separate network namespaces, joined by a network of limited rate (needs root and iproute2).
#
#   scripts/bench_ranks.sh [--rounds 3] [--rates "1gbit 500mbit 200mbit"] [--output DIR] [-- segbench train options]
#
# Default options: DeepLabV3+ ResNet-18, crops as in CamVid's recipe, whole batch 8, drawn scenes. Ends with the table of bench_ranks_table.py.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
rounds=3 rates="1gbit 500mbit 200mbit" output=$here/runs/bench_ranks
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=${2:?--rounds has no value}; shift 2 ;;
    --rates) rates=${2?--rates has no value}; shift 2 ;;
    --output) output=${2:?--output has no value}; shift 2 ;;
    --) shift; break ;;
    *) echo "error: unknown option $1" >&2; sed -n '2,7p' "$0" | cut -c3- >&2; exit 2 ;;
  esac
done
bin=${SEG_BIN:-$here/build/bin}
[ -x "$bin/segbench" ] || { echo "error: $bin/segbench is not built" >&2; echo "hint: run scripts/build.sh" >&2; exit 2; }
options=("$@")
[ ${#options[@]} -gt 0 ] ||
  options=(--draw 40 --draw-size 360x480 --set train.batch_size=8 --set "data.size=[256,256]" --set augment.crop=true --steps 12 --warmup 3)
mkdir -p "$output"
rm -f "$output"/*.json

# bench NAME COMMAND...: runs segbench train under the command; its results go to NAME.json.
bench() {
  local name=$1
  shift
  "$@" "$bin/segbench" train "${options[@]}" --json "$output/$name.json" >"$output/$name.log" 2>&1 || { tail -n 5 "$output/$name.log" >&2; exit 1; }
}

# ranks NAME ADDRESS PREFIX_0 PREFIX_1: runs two processes of one thread, rank 1 in the background.
ranks() {
  local name=$1 address=$2 first=$3 second=$4
  export WORLD_SIZE=2 MASTER_ADDR=$address MASTER_PORT=29517
  options+=(--set train.threads=1)
  RANK=1 bench "$name-rank1" $second &
  RANK=0 bench "$name" $first
  wait
  rm -f "$output/$name-rank1.json"
}

for round in $(seq "$rounds"); do
  (options+=(--set train.threads=2); bench "one-$round" env)
  (LOCAL_WORLD_SIZE=2 ranks "two-$round" 127.0.0.1 env env)
done
if [ -n "$rates" ]; then
  a=segbench-$$-a b=segbench-$$-b
  trap 'ip netns del $a 2>/dev/null; ip netns del $b 2>/dev/null' EXIT
  ip netns add "$a" && ip netns add "$b" && ip link add wire netns "$a" type veth peer name wire netns "$b"
  ip -n "$a" addr add 10.78.0.1/24 dev wire && ip -n "$b" addr add 10.78.0.2/24 dev wire
  for host in "$a" "$b"; do ip -n "$host" link set lo up && ip -n "$host" link set wire up; done
  for rate in $rates; do
    for host in "$a" "$b"; do ip netns exec "$host" tc qdisc replace dev wire root tbf rate "$rate" burst 256kb latency 100ms; done
    (export LOCAL_RANK=0 LOCAL_WORLD_SIZE=1; ranks "two-$rate" 10.78.0.1 "ip netns exec $a" "ip netns exec $b")
  done
fi
python3 "$here/scripts/bench_ranks_table.py" "$output" | tee "$output/table.md"
