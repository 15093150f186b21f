// Reads tensors from files, and prepares them for safetensors files.
#pragma once

#include <string>
#include <vector>

#include "core/types.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

/// "F32" for float32, ... (F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL). Throws kInternal for a dtype that the format lacks.
std::string dtype_name(torch::ScalarType type);

/// One tensor of the file, on the CPU, contiguous. Throws kStorage.
torch::Tensor read_tensor(const TensorFile& file, const TensorEntry& entry);

/// All tensors whose name starts with `prefix`, named without it. Throws kStorage.
State read_tensors(const TensorFile& file, const std::string& prefix = {});

/// The same tensors on the CPU and contiguous; tensors that already are so are shared, not copied.
State to_host(const State& state);

/// The argument of write_safetensors. The tensors must be on the CPU and contiguous (see to_host) and outlive the views.
std::vector<TensorView> tensor_views(const State& host_state);

}  // namespace seg
