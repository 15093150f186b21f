#include "core/tensor_io.hpp"

#include <array>
#include <utility>

#include "base/error.hpp"

namespace seg {

namespace {

constexpr std::array<std::pair<const char*, torch::ScalarType>, 10> kDtypes = {{{"F64", torch::kFloat64},
                                                                                {"F32", torch::kFloat32},
                                                                                {"F16", torch::kFloat16},
                                                                                {"BF16", torch::kBFloat16},
                                                                                {"I64", torch::kInt64},
                                                                                {"I32", torch::kInt32},
                                                                                {"I16", torch::kInt16},
                                                                                {"I8", torch::kInt8},
                                                                                {"U8", torch::kUInt8},
                                                                                {"BOOL", torch::kBool}}};

}  // namespace

std::string dtype_name(torch::ScalarType type) {
  for (const auto& [name, candidate] : kDtypes)
    if (candidate == type) return name;
  throw Error(ErrorKind::kInternal, std::string("safetensors has no dtype for ") + c10::toString(type));
}

torch::Tensor read_tensor(const TensorFile& file, const TensorEntry& entry) {
  for (const auto& [name, type] : kDtypes) {
    if (entry.dtype != name) continue;
    // Bytes other than 0 and 1 in a bool tensor are undefined behaviour, so bool tensors are read as numbers.
    const bool boolean = type == torch::kBool;
    torch::Tensor tensor = torch::empty(entry.shape, torch::dtype(boolean ? torch::kUInt8 : type));
    file.read(entry, tensor.data_ptr());
    return boolean ? tensor.ne(0) : tensor;
  }
  throw Error(ErrorKind::kStorage, file.path().string() + ": tensor '" + entry.name + "' has the unsupported dtype " + entry.dtype,
              "store it as F32");
}

State read_tensors(const TensorFile& file, const std::string& prefix) {
  State state;
  for (const TensorEntry& entry : file.entries())
    if (entry.name.starts_with(prefix)) state.emplace(entry.name.substr(prefix.size()), read_tensor(file, entry));
  return state;
}

State to_host(const State& state) {
  State host;
  for (const auto& [name, tensor] : state) host.emplace(name, tensor.detach().to(torch::kCPU).contiguous());
  return host;
}

std::vector<TensorView> tensor_views(const State& host_state) {
  std::vector<TensorView> views;
  views.reserve(host_state.size());
  for (const auto& [name, tensor] : host_state) {
    if (!tensor.device().is_cpu() || !tensor.is_contiguous()) throw Error(ErrorKind::kInternal, "tensor '" + name + "' is not contiguous CPU memory");
    views.push_back({name, dtype_name(tensor.scalar_type()), tensor.sizes().vec(), tensor.data_ptr()});
  }
  return views;
}

}  // namespace seg
