#!/usr/bin/env bash
# Builds a small static OpenCV from Debian's sources: core, imgproc, imgcodecs and videoio, with only PNG and JPEG. Debian's own OpenCV needs about
# two hundred more libraries, which a program would have to take along to another machine.
#
#   scripts/small_opencv.sh [FOLDER]     default build/small-opencv; prints the value for OpenCV_DIR. A second call does nothing.
#
# Needs the packages of scripts/setup.sh. It does not change the system: the lists of Debian's sources are in FOLDER too.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mkdir -p "${1:-build/small-opencv}" && cd "${1:-build/small-opencv}" && pwd)
if [ ! -e "$folder/installed/complete" ]; then
  # Without one of these, OpenCV would build but could not read these images.
  pkg-config --exists zlib libpng libjpeg || {
    echo "error: headers of zlib, PNG or JPEG are missing" >&2
    echo "hint: apt-get install zlib1g-dev libpng-dev libjpeg62-turbo-dev" >&2
    exit 1
  }
  log=$folder/log.txt
  {
    rm -rf "$folder/sources" "$folder/build" "$folder/installed"
    mkdir -p "$folder/sources" "$folder/lists/partial"
    find /etc/apt/sources.list.d -name '*.sources' -path '*debian*' -exec sed 's/^Types:.*/Types: deb-src/' {} + >"$folder/debian.sources"
    [ -s "$folder/debian.sources" ] || sed 's/^deb /deb-src /' /etc/apt/sources.list >"$folder/debian.list"
    mkdir -p "$folder/parts"
    mv "$folder"/debian.* "$folder/parts/"
    find "$folder/parts" -empty -type f -delete
    apt=(apt-get -o "Dir::State::lists=$folder/lists" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/parts")
    "${apt[@]}" update -qq
    (cd "$folder/sources" && "${apt[@]}" source -qq --download-only opencv && cmake -E tar xf opencv_*.orig.tar.xz)
    off=()
    for part in IPP ITT OPENCL FFMPEG GSTREAMER V4L GTK QT TIFF WEBP OPENJPEG JASPER OPENEXR QUIRC PROTOBUF ADE EIGEN LAPACK TBB VTK 1394 \
      IMGCODEC_HDR IMGCODEC_SUNRASTER IMGCODEC_PXM IMGCODEC_PFM; do off+=("-DWITH_$part=OFF"); done
    for part in SHARED_LIBS TESTS PERF_TESTS EXAMPLES opencv_apps JAVA opencv_python3 ITT JPEG PNG ZLIB; do off+=("-DBUILD_$part=OFF"); done
    cmake -S "$(dirname "$folder"/sources/*/CMakeLists.txt)" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$folder/installed" \
      -DBUILD_LIST=core,imgproc,imgcodecs,videoio -DCPU_BASELINE=SSE3 -DCPU_DISPATCH=AVX2 "${off[@]}"
    cmake --build "$folder/build" -j "${SEG_JOBS:-$(nproc)}"
    cmake --install "$folder/build"
    find "$folder/installed" -name '*.a' -exec strip -g {} +
    rm -rf "$folder/sources" "$folder/build" "$folder/lists" "$folder/parts"
    touch "$folder/installed/complete"
  } >"$log" 2>&1 || {
    grep -E -A3 'CMake Error|error:|^E: ' "$log" >&2 || tail -n 20 "$log" >&2
    echo "error: OpenCV was not built; full log: $log" >&2
    exit 1
  }
fi
echo "$folder/installed/lib/cmake/opencv4"
