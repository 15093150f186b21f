#!/usr/bin/env bash
# Tries both calls of a pack (scripts/gpu_day.sh --pack) in a bare Debian 12 with python3, without network, with the LibTorch of build/venv-cuda.
#
#   scripts/rehearse_gpu_day.sh PACK      as root; makes build/bare-bookworm the first time; the output goes to build/rehearsal
#
# It runs on the CPU, so CUDA itself is not tested. The bare system has no C++ compiler, so torch.compile is expected to fail there.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] && [ -e "$1/gpu_day.sh" ] || { echo "error: give the folder that scripts/gpu_day.sh --pack has filled" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "error: entering the bare system needs root" >&2; exit 2; }
bare=$PWD/build/bare-bookworm
pack=$(cd "$1" && pwd)
venv=$PWD/build/venv-cuda
if [ ! -e "$bare.complete" ]; then
  command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq debootstrap >/dev/null; }
  rm -rf "$bare"
  debootstrap --variant=minbase --include=python3 bookworm "$bare" >"$bare.log" 2>&1 || { tail -n 3 "$bare.log" >&2; exit 1; }
  touch "$bare.complete"
fi
mkdir -p "$bare/venv"
rm -rf build/rehearsal
failed=0
for call in --check --measure; do
  output=build/rehearsal/${call#--} log=build/rehearsal/${call#--}.txt
  mkdir -p "$output"
  # The mounts end with the namespace, and so do all written files except the output.
  unshare --mount --net bash -euc '
    mount -t proc proc "$1/proc"
    mount -t tmpfs tmpfs "$1/tmp"
    mkdir -p "$1/tmp/pack" "$1/tmp/output"
    mount --rbind /dev "$1/dev"
    cp -r "$2/." "$1/tmp/pack"
    mount --bind "$3" "$1/venv"
    mount -o remount,bind,ro "$1/venv"
    mount --bind "$5" "$1/tmp/output"
    exec chroot "$1" /usr/bin/env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHON=/venv/bin/python \
      /tmp/pack/gpu_day.sh "$4" --rehearse --seconds 1500 --output /tmp/output
  ' rehearsal "$bare" "$pack" "$venv" "$call" "$output" 2>&1 | tee "$log" || true
  # If the call did not reach a part, the last line of the log is missing.
  grep -q "^${call#--}: [0-9]* parts failed" "$log" || failed=1
  if grep ' FAILED' "$log" | grep -v '^warm-cache'; then failed=1; fi
done
[ "$failed" -eq 0 ] || { echo "rehearsal: FAILED; logs are in build/rehearsal" >&2; exit 1; }
echo "rehearsal: all parts that need no compiler passed"
