#include "device/compute.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "device/torch_compat.hpp"

namespace seg {

namespace {

/// Those of `features` that the first processor in /proc/cpuinfo has.
std::vector<std::string> processor_has(std::initializer_list<std::string> features) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0) continue;
    line += ' ';
    std::vector<std::string> found;
    std::copy_if(features.begin(), features.end(), std::back_inserter(found),
                 [&](const std::string& feature) { return line.find(" " + feature + " ") != std::string::npos; });
    return found;
  }
  return {};
}

/// The text after `mark` in `text`, as long as it consists of these characters.
std::string after(std::string_view text, std::string_view mark, std::string_view characters) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return std::string(text.substr(0, text.find_first_not_of(characters)));
}

}  // namespace

torch::Device resolve_device(const std::string& name) {
  const auto refuse = [&](const std::string& why, const std::string& hint = "use auto, cpu, cuda or cuda:N") {
    return Error(ErrorKind::kConfiguration, "--device " + name + ": " + why, hint);
  };
  if (name == "cpu") return torch::kCPU;
  const std::int64_t count = cuda_devices();
  if (name == "auto") return count > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  if (name != "cuda" && name.rfind("cuda:", 0) != 0) throw refuse("no such device");
  const std::string digits = name == "cuda" ? "0" : name.substr(5);
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos) throw refuse("no such device");
  if (count == 0)
    throw refuse("this LibTorch sees no CUDA device", "use --device cpu; CUDA needs its driver and LibTorch 2.4 or later, built with CUDA");
  if (std::stoll(digits) >= count)
    throw refuse("this LibTorch sees " + std::to_string(count) + " CUDA devices", "the last is cuda:" + std::to_string(count - 1));
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(std::stoi(digits))};
}

torch::Device resolve_device(const std::string& name, const Launch& launch) {
  const torch::Device device = resolve_device(name);
  if (!launch.several() || device.is_cpu() || name.starts_with("cuda:")) return device;
  if (launch.local_rank >= cuda_devices())
    throw Error(ErrorKind::kConfiguration,
                std::to_string(launch.local_size) + " processes on this machine, but " + std::to_string(cuda_devices()) + " GPUs",
                "start one process per GPU, or use --device cpu");
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(launch.local_rank)};
}

std::int64_t cuda_devices() { return torch_compat::kHasFusedUpdates ? static_cast<std::int64_t>(torch::cuda::device_count()) : 0; }

std::int64_t default_threads(torch::Device device, std::int64_t cores) {
  constexpr std::int64_t kMostBesideAGpu = 4;
  return device.is_cpu() ? cores : std::min(cores, kMostBesideAGpu);
}

std::int64_t set_compute_threads(std::int64_t threads, torch::Device device) {
  const std::int64_t count = threads > 0 ? threads : default_threads(device);
  at::set_num_threads(static_cast<int>(count));
  return count;
}

bool multiplies_bf16(torch::Device device) {
  if (!device.is_cuda()) return !processor_has({"avx512_bf16", "amx_bf16", "bf16"}).empty();
  // This also works in a program built without CUDA's headers: LibTorch answers for the current device, by its compute capability.
  c10::OptionalDeviceGuard current;
  if (device.has_index()) current.reset_device(device);
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

bool has_fast_bf16(torch::Device device) {
#if defined(__x86_64__)
  if (device.is_cpu() && __builtin_cpu_is("intel") && processor_has({"amx_bf16"}).empty()) return false;
#endif
  return multiplies_bf16(device);
}

torch::ScalarType resolve_precision(Precision precision, torch::Device device) {
  if (precision == Precision::kAuto) return has_fast_bf16(device) ? torch::kBFloat16 : torch::kFloat32;
  return precision == Precision::kBf16 ? torch::kBFloat16 : torch::kFloat32;
}

Compute compute_on(torch::Device device, Precision precision) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  const torch::ScalarType type = resolve_precision(precision, device);
  return {device, type, device.is_cuda() ? type : torch::kFloat32};
}

void wait_for(const torch::Device& device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

void set_deterministic(bool on) {
  at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/true);
  torch_compat::leave_new_memory_as_it_is();
  at::globalContext().setDeterministicCuDNN(on);
  at::globalContext().setBenchmarkCuDNN(!on);
}

ManySizesScope::ManySizesScope() : tried_(at::globalContext().benchmarkCuDNN()) { at::globalContext().setBenchmarkCuDNN(false); }

ManySizesScope::~ManySizesScope() { at::globalContext().setBenchmarkCuDNN(tried_); }

std::string processor_features() {
  std::string text;
  for (const std::string& feature : processor_has({"avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve"}))
    text += (text.empty() ? "" : " ") + feature;
  // "CPU capability usage: AVX2" in all versions; only later versions have a function for it.
  const std::string kernels = after(at::show_config(), "CPU capability usage: ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  return kernels.empty() ? text : text + " (LibTorch's own kernels: " + kernels + ")";
}

std::string compute_versions() {
  const std::string one_dnn = after(at::get_mkldnn_version(), " v", ".0123456789");  // "Intel(R) MKL-DNN v2.7.2 (Git Hash ...)"
  return "LibTorch " + std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR) + "." + std::to_string(TORCH_VERSION_PATCH) +
         (one_dnn.empty() ? "" : ", oneDNN " + one_dnn);
}

// Since version 2.6, oneDNN reads up to one block of 16 elements past the end of a vector and ignores them when it makes a kernel for AMX tiles
// (skipped_bd_mask in src/cpu/x64/brgemm/jit_brgemm_amx_uker.cpp, also in the sources of 3.x). If nothing is mapped behind the vector, that ends the
// program: about one start in a hundred. The hundreds of thousands of objects that LibTorch creates while it is loaded need no padding, which would
// take 36 MB; after that it takes 2.
void prepare_bfloat16() {
  static const bool has_tiles = at::hasMKLDNN() && !processor_has({"amx_bf16"}).empty();
  if (has_tiles) leave_room_behind_objects(16 * sizeof(std::size_t));
}

PrecisionScope::PrecisionScope(torch::Device device, torch::ScalarType precision) : device_(device.type()), active_(precision == torch::kBFloat16) {
  if (active_ && device.is_cpu()) prepare_bfloat16();
  if (active_) torch_compat::set_autocast(device_, true);
}

PrecisionScope::~PrecisionScope() {
  if (!active_) return;
  torch_compat::set_autocast(device_, false);
  at::autocast::clear_cache();  // the cast weights are valid only for this step
}

}  // namespace seg
