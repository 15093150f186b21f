#!/usr/bin/env bash
# Installs what segtrain needs to build and run on Debian 12 or 13, without questions. Does nothing if everything is installed.
#
#   scripts/setup.sh                  the packages that demo.sh and test.sh need
#   scripts/setup.sh --lint           also clang-format and clang-tidy
#   scripts/setup.sh --fuzz           also clang and its runtime, for the fuzz targets
#   scripts/setup.sh --browser        also Chromium and its driver, for the tests of the HTML pages
#   scripts/setup.sh --onnxruntime    also ONNX Runtime from PyPI in build/venv-onnxruntime, for the tests of exported networks
#   scripts/setup.sh --launchers      also mpirun, iproute2 and, on Debian 13, torchrun, for the tests of several processes
#   scripts/setup.sh --arm64          also a cross compiler, only for the kernels
#   scripts/setup.sh --package        also the tools that make the Debian package
#   scripts/setup.sh --cuda           also LibTorch for CUDA 13.0, if the system has none its compiler, and what the tests of segtrain.losses
#                                     need, from PyPI in build/venv-cuda: 2.5 GB
#   scripts/setup.sh --rivals         also the rivals of scripts/bench_predict.sh, from PyPI in build/venv-rivals (PyTorch 2.11, ONNX
#                                     Runtime, OpenVINO) and build/venv-rivals-torch26 (PyTorch 2.6): downloads 5 GB, takes 11 GB
#   scripts/setup.sh --own-libtorch   without Debian's LibTorch and its BLAS; build.sh uses this if CMAKE_PREFIX_PATH holds another LibTorch
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  libopencv-dev libspng-dev libturbojpeg0-dev              # images; exact labels; detection of damaged JPEG files
  libjemalloc-dev                                          # keeps memory constant from step to step
  libyaml-cpp-dev libcli11-dev libspdlog-dev nlohmann-json3-dev libxxhash-dev
  libonnx-dev                                              # graphs of segexport
  libgloo-dev                                              # collectives between processes: headers of the library that is in LibTorch
  libzip-dev                                               # PyTorch weight files
  libssl-dev ca-certificates                               # published weights by name: their digest; the certificate of the server
  libjs-chart.js libkainjow-mustache-dev                   # charts and templates, built into the HTML reports
  libprotobuf-dev protobuf-compiler libisal-dev            # TensorBoard's event files and their checksums
  libgtest-dev libgmock-dev python3
)
libtorch=(libtorch-dev libopenblas0-pthread)               # tensors; a threaded BLAS instead of the reference BLAS
browser=""
onnxruntime=""
cuda=""
rivals=""
for option in "$@"; do
  case $option in
    --lint) packages+=(clang-format clang-tidy) ;;
    --fuzz) packages+=(clang) ;;
    --browser) browser=yes packages+=(chromium chromium-driver python3-selenium fonts-dejavu-core) ;;
    --onnxruntime)
      onnxruntime=yes
      packages+=(python3-venv) ;;
    --launchers)
      packages+=(openmpi-bin iproute2)
      # Debian 12's torchrun fails under its own Python.
      [ "$(. /etc/os-release && echo "${VERSION_ID:-0}")" -lt 13 ] || packages+=(python3-torch) ;;
    --arm64) packages+=(g++-aarch64-linux-gnu) ;;
    --package) packages+=(dpkg-dev file help2man) ;;       # dpkg-shlibdeps; finds which files are programs; manual pages
    --own-libtorch) libtorch=() ;;
    --cuda)
      cuda=yes
      packages+=(python3-venv python3-dev) ;;              # torch.compile compiles against Python's headers
    --rivals)
      rivals=yes
      packages+=(python3-venv python3-dev) ;;
    *) echo "setup: unknown option $option" >&2; exit 2 ;;
  esac
done
packages+=("${libtorch[@]}")

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }
# For downloads. The two variants exclude each other, and either works.
is_installed libcurl4-gnutls-dev || packages+=(libcurl4-openssl-dev)
missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
# The package of the sanitizer runtime has clang's version in its name. The version is known if clang is installed or apt has read its lists.
clang_runtime() { echo "libclang-rt-$(apt-cache depends clang | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p')-dev"; }
[[ " ${packages[*]} " != *" clang "* ]] || is_installed "$(clang_runtime)" || missing+=(clang-runtime)

# Waits if another apt is running, such as unattended upgrades.
install_packages() {
  local as_root=() log
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "setup: these packages are missing: ${missing[*]}" >&2
      echo "hint: install them as root, or install sudo" >&2
      exit 1
    }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  log=$(mktemp)
  {
    "${as_root[@]}" apt-get update -qq && missing=("${missing[@]/clang-runtime/$(clang_runtime)}") &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed; full log: $log" >&2
    exit 1
  }
  rm -f "$log"
}
[ ${#missing[@]} -eq 0 ] || install_packages

# The driver connects to its browser by the name localhost, which a bare chroot does not know.
if [ -n "$browser" ] && ! getent hosts localhost >/dev/null; then
  echo "setup: localhost has no address; adding it to /etc/hosts"
  if [ "$(id -u)" -eq 0 ]; then echo "127.0.0.1 localhost" >>/etc/hosts; else echo "127.0.0.1 localhost" | sudo tee -a /etc/hosts >/dev/null; fi
fi

# venv_with NAME NOTE PACKAGE...: sets $venv to build/NAME and installs these packages from PyPI there.
venv_with() {
  venv=$(cd "$(dirname "$0")/.." && pwd)/build/$1
  [ "$(cat "$venv/installed" 2>/dev/null)" != "${*:3}" ] || return 0
  echo "setup: installing ${*:3} into $venv$2"
  /usr/bin/python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir "${@:3}"
  echo "${*:3}" >"$venv/installed"
}

# Debian has no ONNX Runtime for Python.
[ -z "$onnxruntime" ] || venv_with venv-onnxruntime "" onnxruntime==1.23.2

# Debian has no LibTorch with CUDA.
if [ -n "$cuda" ]; then
  wanted=(torch==2.11.0 torchvision==0.26.0 numpy==2.2.6 pillow==12.0.0 pytest==8.4.2)
  # If the system has the compiler of CUDA 13.0, that one is used.
  [[ $(PATH=$PATH:/usr/local/cuda-13.0/bin:/usr/local/cuda/bin nvcc --version 2>/dev/null) == *"release 13.0"* ]] ||
    wanted+=(nvidia-cuda-nvcc==13.0.* nvidia-nvvm==13.0.* nvidia-cuda-crt==13.0.* nvidia-cuda-cccl==13.0.*)
  venv_with venv-cuda ": downloads 2.5 GB, takes 5 GB" "${wanted[@]}"
  # CMake finds the toolkit only if its libraries also have names without a version.
  toolkit=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13)
  for library in "$toolkit"/lib/lib*.so.*; do
    plain=${library%%.so.*}.so
    [ -e "$plain" ] || ln -s "$(basename "$library")" "$plain"
  done
  ln -sfn lib "$toolkit/lib64"
fi

# PyTorch for x86 from PyPI loads its CUDA libraries on the CPU too, so it is installed with all its dependencies.
if [ -n "$rivals" ]; then
  python=(numpy==2.2.6 opencv-python-headless==4.12.0.88 filelock==3.19.1 fsspec==2025.9.0 jinja2==3.1.6 markupsafe==3.0.2 mpmath==1.3.0
    networkx==3.5 setuptools==80.9.0 typing-extensions==4.15.0)
  venv_with venv-rivals ": downloads 2.7 GB, takes 5.5 GB" torch==2.11.0 cuda-bindings==13.0.3 cuda-pathfinder==1.3.3 sympy==1.13.3 \
    onnxruntime==1.23.2 coloredlogs==15.0.1 flatbuffers==25.9.23 humanfriendly==10.0 packaging==25.0 protobuf==6.33.1 \
    openvino==2025.4.1 openvino-telemetry==2025.2.0 "${python[@]}"
  venv_with venv-rivals-torch26 ": downloads 2.6 GB, takes 5.5 GB" torch==2.6.0 sympy==1.13.1 "${python[@]}"
fi
