# The libraries; each is a Debian package (scripts/setup.sh) except LibTorch where CMAKE_PREFIX_PATH names another.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs videoio)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)  # PyTorch weight files
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)  # published weights, from the network
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)  # their SHA-256
# TensorBoard's event files. By pkg-config, and protoc from the same place: LibTorch from PyPI has an older protobuf among its own files.
pkg_check_modules(PROTOBUF REQUIRED IMPORTED_TARGET protobuf)
pkg_get_variable(protobuf_prefix protobuf exec_prefix)
find_program(SEG_PROTOC protoc PATHS ${protobuf_prefix}/bin NO_DEFAULT_PATH REQUIRED)
# Charts of the HTML reports, which carry the library with them.
find_file(SEG_CHART_JS NAMES chart.min.js chart.umd.min.js chart.umd.js PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist REQUIRED)
find_path(SEG_MUSTACHE kainjow/mustache.hpp REQUIRED)  # templates of the HTML reports; headers alone

# LibTorch with CUDA asks which GPUs its flags are for; our kernels do without them (seg_cuda).
if(NOT TORCH_CUDA_ARCH_LIST)
  set(TORCH_CUDA_ARCH_LIST 9.0)
endif()
find_package(Torch REQUIRED)
set(SEG_CUDA OFF)
if(TARGET torch_cuda)
  set(SEG_CUDA ON)
  find_path(SEG_NCCL_INCLUDE nccl.h HINTS ${TORCH_INSTALL_PREFIX}/../nvidia/nccl/include ${CUDAToolkit_INCLUDE_DIRS} REQUIRED)  # what LibTorch's asks for
  set(CMAKE_CUDA_FLAGS "")
  # The libraries that LibTorch from PyPI is linked with lie beside it; the linker would look into the system's first, which may be older.
  file(GLOB folders ${TORCH_INSTALL_PREFIX}/../nvidia/*/lib)
  foreach(folder IN LISTS folders)
    string(APPEND CMAKE_EXE_LINKER_FLAGS " -Wl,-rpath-link,${folder}")
  endforeach()
endif()
if("${TORCH_CXX_FLAGS}" MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  message(FATAL_ERROR "The LibTorch in ${TORCH_INSTALL_PREFIX} is built with the old C++ ABI, which no Debian library can be "
    "linked with. Take the download named 'cxx11 ABI' (from 2.7 on it is the only one), or Debian's libtorch-dev.")
endif()
if(Torch_VERSION AND Torch_VERSION VERSION_LESS 1.13)
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX} is too old: 1.13 or newer is needed.")
endif()

# LibTorch from PyPI shows parts of an older C++ library to the programs, whose remove_all ends them: the system's is looked into first.
if(NOT TORCH_INSTALL_PREFIX STREQUAL /usr)
  string(APPEND CMAKE_EXE_LINKER_FLAGS " -Wl,--push-state,--no-as-needed -lstdc++ -Wl,--pop-state")
endif()

# LibTorch from PyPI has fmt's headers among its own, and some versions protobuf's, of other versions than the ones that spdlog and ONNX are compiled
# with: the system's go first.
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
list(GET fmt_include 0 fmt_include)
pkg_get_variable(protobuf_include protobuf includedir)
foreach(headers IN ITEMS ${fmt_include}/fmt ${protobuf_include}/google)
  cmake_path(GET headers FILENAME name)
  if(EXISTS ${TORCH_INSTALL_PREFIX}/include/${name})
    set(SEG_HEADERS_BEFORE_TORCH ${CMAKE_BINARY_DIR}/before_torch)
    file(MAKE_DIRECTORY ${SEG_HEADERS_BEFORE_TORCH})
    file(CREATE_LINK ${headers} ${SEG_HEADERS_BEFORE_TORCH}/${name} SYMBOLIC)
  endif()
endforeach()

# The ONNX and protobuf libraries that Debian's LibTorch is linked with, so that one process holds each once.
find_package(ONNX REQUIRED)
if(NOT TARGET ONNX::onnx)
  add_library(ONNX::onnx ALIAS onnx)  # its name up to Debian 12
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness lets ccache serve sources that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()
