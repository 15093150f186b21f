#include "bench/traffic.hpp"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

namespace seg {

namespace {

// LibTorch takes plain functions as callbacks, and backward has threads of its own: the count is where all find it.
std::atomic<std::int64_t> traffic{0};
thread_local int depth = 0;  // operations entered and not left

/// These end like operations in place, or make tensors, and move nothing.
constexpr std::array<std::string_view, 5> kStill = {"aten::detach_", "aten::set_", "aten::resize_", "aten::requires_grad_", "aten::record_stream"};

/// Made of other operators, which are counted.
constexpr std::array<std::string_view, 2> kCompound = {"seg::batch_norm", "seg::upsampled_conv"};

bool moves_nothing(std::string_view name) {
  return name.starts_with("aten::empty") || name.starts_with("aten::new_empty") || std::ranges::find(kStill, name) != kStill.end();
}

void add_tensors(const c10::IValue& value, std::vector<torch::Tensor>& tensors) {
  if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  if (value.isTensorList())
    for (const torch::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
}

template <class Values>
std::vector<torch::Tensor> tensors_of(const Values& values) {
  std::vector<torch::Tensor> tensors;
  for (const c10::IValue& value : values) add_tensors(value, tensors);
  std::erase_if(tensors, [](const torch::Tensor& tensor) { return !tensor.has_storage(); });
  return tensors;
}

/// Once for values that a tensor repeats.
std::int64_t bytes_of(const torch::Tensor& tensor) {
  return static_cast<std::int64_t>(std::min<std::size_t>(tensor.nbytes(), tensor.storage().nbytes()));
}

std::int64_t bytes_of(const std::vector<torch::Tensor>& tensors) {
  std::int64_t bytes = 0;
  for (const torch::Tensor& tensor : tensors) bytes += bytes_of(tensor);
  return bytes;
}

struct Operation : at::ObserverContext {
  std::vector<torch::Tensor> inputs;
  bool outermost = false;
};

/// Null for what only encloses operations, such as a node of autograd.
std::unique_ptr<at::ObserverContext> begin_operation(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if ((!name.starts_with("aten::") && !name.starts_with("seg::")) || std::ranges::find(kCompound, name) != kCompound.end()) return nullptr;
  auto operation = std::make_unique<Operation>();
  operation->outermost = depth++ == 0;
  if (operation->outermost) operation->inputs = tensors_of(function.inputs());
  return operation;
}

void end_operation(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --depth;
  const auto* operation = static_cast<Operation*>(context);
  if (!operation->outermost || moves_nothing(function.name())) return;
  const std::vector<torch::Tensor> outputs = tensors_of(function.outputs());
  const bool in_place = std::string_view(function.name()).ends_with("_");
  const auto shares = [&](const torch::Tensor& output) {
    return std::ranges::any_of(operation->inputs, [&](const torch::Tensor& input) { return input.storage().is_alias_of(output.storage()); });
  };
  if (!in_place && !outputs.empty() && std::ranges::all_of(outputs, shares)) return;
  traffic += bytes_of(operation->inputs) * (in_place && outputs.empty() ? 2 : 1) + bytes_of(outputs);
}

/// Counts while it lives.
class TrafficCounting {
 public:
  TrafficCounting()
      : handle_(at::addGlobalCallback(
            at::RecordFunctionCallback(begin_operation, end_operation).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}))) {}
  ~TrafficCounting() { at::removeCallback(handle_); }
  TrafficCounting(const TrafficCounting&) = delete;
  TrafficCounting& operator=(const TrafficCounting&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

std::int64_t count_traffic(const std::function<void()>& work) {
  traffic = 0;
  const TrafficCounting counting;
  work();
  return traffic;
}

}  // namespace seg
