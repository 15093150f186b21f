#!/usr/bin/env bash
# Builds all programs and makes the Debian package build/segtrain_VERSION_ARCHITECTURE.deb.
#
#   scripts/package.sh [cmake options...]      such as -DCPACK_PACKAGE_CONTACT="A Name <name@example.org>"
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --package
scripts/build.sh "$@"
log=build/package.log
(cd build && cpack -G DEB) >"$log" 2>&1 || {
  tail -n 20 "$log" >&2
  echo "package: cpack failed; full log: $log" >&2
  exit 1
}
package=$(sed -n 's/^CPack: - package: \(.*\) generated\.$/\1/p' "$log")
dpkg-deb --field "$package" Depends | grep -q libc6 || { echo "package: $package names no dependencies; see $log" >&2; exit 1; }
echo "package: $package"
