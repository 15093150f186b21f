// Device, threads, precision and determinism of tensor computations.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "base/launch.hpp"
#include "base/parallel.hpp"
#include "config/fields.hpp"

namespace seg {

/// The number format of convolutions in the configuration.
enum class Precision { kAuto, kFp32, kBf16 };  // kAuto: bf16 where it is faster

inline constexpr config::Name<Precision> kPrecisions[] = {{Precision::kAuto, "auto"}, {Precision::kFp32, "fp32"}, {Precision::kBf16, "bf16"}};

/// How a network is computed.
struct Compute {
  torch::Device device = torch::kCPU;
  torch::ScalarType precision = torch::kFloat32;
  torch::ScalarType input_type = torch::kFloat32;  // type of the normalised images in training: on a GPU, directly the type of the convolutions
};

/// "auto" (CUDA if LibTorch supports it and there is a device, else the CPU), "cpu", "cuda" or "cuda:N".
/// Throws kConfiguration for another name or a device that does not exist.
torch::Device resolve_device(const std::string& name);
/// The same for one of several processes: each process of a machine gets its own GPU, unless `name` selects one.
torch::Device resolve_device(const std::string& name, const Launch& launch);

/// The default number of compute threads: one for every core this process may use, but at most 4 if the network is on a GPU, since there they only
/// launch kernels. LibTorch's default is not used: some builds use a single thread on processors they do not know.
std::int64_t default_threads(torch::Device device, std::int64_t cores = available_cores());
/// Sets LibTorch's compute threads; 0 means default_threads(). Returns the number set.
std::int64_t set_compute_threads(std::int64_t threads, torch::Device device);

/// Whether the device multiplies bfloat16 matrices in hardware (AVX512-BF16, AMX, ARM's BF16, CUDA with cuDNN
/// from compute capability 8).
bool multiplies_bf16(torch::Device device);
/// Whether convolutions are faster in bfloat16 than in float32. Not so on Intel's processors with AVX512-BF16 but without AMX (Cooper Lake, and
/// virtual machines that hide AMX): their instruction multiplies twice as many values at half the rate, and float32 has minimal filtering. A training
/// step in bfloat16 takes twice as long there.
bool has_fast_bf16(torch::Device device);

/// The type in which convolutions are computed.
torch::ScalarType resolve_precision(Precision precision, torch::Device device);

/// Makes `device` the current one. float32 is exact: on CUDA, TensorFloat-32, which rounds factors to 10 bits, is switched off for the whole process.
Compute compute_on(torch::Device device, Precision precision);

/// Waits until the device has finished all its work; returns at once on the CPU.
void wait_for(const torch::Device& device);

/// Bit-identical results for the same inputs on the same machine, as far as LibTorch can; slower on CUDA.
void set_deterministic(bool on);

/// As long as it exists, cuDNN selects algorithms with heuristics instead of trying all of them for each new size, which pays only in training.
class ManySizesScope {
 public:
  ManySizesScope();
  ~ManySizesScope();
  ManySizesScope(const ManySizesScope&) = delete;
  ManySizesScope& operator=(const ManySizesScope&) = delete;

 private:
  bool tried_;
};

/// The number of CUDA devices that this LibTorch sees; 0 for versions before 2.4, which lack functions that training on CUDA needs.
std::int64_t cuda_devices();

/// The instruction sets of the first processor that the kernels of segtrain and LibTorch use, such as "avx2 avx512_bf16", and which of its
/// kernels LibTorch selected; "" for none.
std::string processor_features();

/// LibTorch and oneDNN, for logs and checkpoints.
std::string compute_versions();

/// Must be called before bfloat16 values are convolved or multiplied on the CPU; PrecisionScope does so. Works around a bug in oneDNN.
void prepare_bfloat16();

/// As long as it exists, convolutions and matrix products run in bfloat16 if `precision` is bfloat16; weights stay float32 and are cast once.
class PrecisionScope {
 public:
  PrecisionScope(torch::Device device, torch::ScalarType precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  torch::DeviceType device_;
  bool active_;
};

}  // namespace seg
