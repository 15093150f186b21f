// Where and how tensors are computed: device, threads, precision, determinism.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "base/launch.hpp"
#include "base/parallel.hpp"
#include "config/fields.hpp"

namespace seg {

/// What convolutions compute in, as a configuration says it.
enum class Precision { kAuto, kFp32, kBf16 };  // kAuto: bf16 where the hardware multiplies it

inline constexpr config::Name<Precision> kPrecisions[] = {{Precision::kAuto, "auto"}, {Precision::kFp32, "fp32"}, {Precision::kBf16, "bf16"}};

/// How a network is computed.
struct Compute {
  torch::Device device = torch::kCPU;
  torch::ScalarType precision = torch::kFloat32;
  torch::ScalarType input_type = torch::kFloat32;  // what images are normalised to in training: on a GPU, at once what convolutions compute in
};

/// "auto" (CUDA where LibTorch has it and a device is there, else the CPU), "cpu", "cuda" or "cuda:N".
/// Throws kConfiguration for another name or a device that is not there.
torch::Device resolve_device(const std::string& name);
/// Likewise for one of several processes: each of a machine has a GPU of its own, unless one is named.
torch::Device resolve_device(const std::string& name, const Launch& launch);

/// Compute threads where nobody asks for a number: every core this process may use, and at most 4 where the network is on a GPU, since there they
/// only launch. LibTorch's own choice is not relied on: some builds take a single thread on processors they do not know.
std::int64_t default_threads(torch::Device device, std::int64_t cores = available_cores());
/// Sets LibTorch's compute threads; 0 means the default ones. Returns the number set.
std::int64_t set_compute_threads(std::int64_t threads, torch::Device device);

/// Whether the device multiplies bfloat16 matrices in hardware (AVX512-BF16, AMX, ARM's BF16, CUDA with cuDNN
/// from compute capability 8).
bool has_fast_bf16(torch::Device device);

/// The type that convolutions compute in.
torch::ScalarType resolve_precision(Precision precision, torch::Device device);

/// Makes `device` the current one. float32 is that: on CUDA TensorFloat-32, which rounds factors to 10 bits, is switched off for the whole process.
Compute compute_on(torch::Device device, Precision precision);

/// Returns when the device has done what it was given; at once on the CPU.
void wait_for(const torch::Device& device);

/// The same bits for the same inputs on the same machine, where LibTorch can; slower on CUDA.
void set_deterministic(bool on);

/// While it lives, cuDNN chooses its algorithms by rule, instead of trying them all for each new size, which pays in training alone.
class ManySizesScope {
 public:
  ManySizesScope();
  ~ManySizesScope();
  ManySizesScope(const ManySizesScope&) = delete;
  ManySizesScope& operator=(const ManySizesScope&) = delete;

 private:
  bool tried_;
};

/// The CUDA devices that this LibTorch sees; none for versions before 2.4, which lack what training there needs.
std::int64_t cuda_devices();

/// What the first processor has of the instruction sets that the kernels here and in LibTorch use, such as "avx2 avx512_bf16", and
/// which of its own kernels LibTorch chose; "" for none.
std::string processor_features();

/// LibTorch and oneDNN, for logs and checkpoints.
std::string compute_versions();

/// To be called before bfloat16 values are convolved or multiplied on the CPU, as PrecisionScope does: works around a defect of oneDNN.
void prepare_bfloat16();

/// While it lives, convolutions and matrix products run in bfloat16 if `precision` is that; weights stay float32 and are cast once.
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
