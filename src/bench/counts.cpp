#include "bench/counts.hpp"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

namespace seg {

namespace {

/// Observes operations as long as it exists.
class Observing {
 public:
  explicit Observing(at::CallbackHandle handle) : handle_(handle) {}
  ~Observing() { at::removeCallback(handle_); }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  at::CallbackHandle handle_;
};

at::RecordFunctionCallback observer(at::RecordFunctionCallback::StartCallback begin, at::RecordFunctionCallback::EndCallback end) {
  return at::RecordFunctionCallback(begin, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION});
}

/// How to find the number of multiply-adds per output element from the inputs of a product.
enum class Inner {
  kWeights,     // a convolution: the weights of one output channel
  kLastOfFirst  // a matrix product: the last dimension of the left factor
};

struct Product {
  std::string_view name;
  Inner inner;
  std::size_t input;  // the input tensor that determines it
};

// From the operators that a network calls down to those that compute: a product is counted at its outermost operator.
constexpr std::array<Product, 13> kProducts = {{{"seg::conv2d", Inner::kWeights, 1},
                                                {"seg::depthwise_conv", Inner::kWeights, 1},
                                                {"aten::conv2d", Inner::kWeights, 1},
                                                {"aten::convolution", Inner::kWeights, 1},
                                                {"aten::_convolution", Inner::kWeights, 1},
                                                {"aten::mkldnn_convolution", Inner::kWeights, 1},
                                                {"aten::cudnn_convolution", Inner::kWeights, 1},
                                                {"aten::linear", Inner::kLastOfFirst, 0},
                                                {"aten::matmul", Inner::kLastOfFirst, 0},
                                                {"aten::mm", Inner::kLastOfFirst, 0},
                                                {"aten::bmm", Inner::kLastOfFirst, 0},
                                                {"aten::addmm", Inner::kLastOfFirst, 1},
                                                {"aten::baddbmm", Inner::kLastOfFirst, 1}}};

// LibTorch takes plain functions as callbacks, so the counts of this thread must be in thread-local variables.
thread_local std::vector<double> counted_products;
thread_local int open_products = 0;  // entered and not left

struct EnteredProduct : at::ObserverContext {
  double multiply_adds = 0.0;  // per output element
};

std::unique_ptr<at::ObserverContext> begin_product(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  for (const Product& product : kProducts) {
    if (product.name != name || function.inputs().size() <= product.input || !function.inputs()[product.input].isTensor()) continue;
    const torch::Tensor& tensor = function.inputs()[product.input].toTensor();
    auto entered = std::make_unique<EnteredProduct>();
    if (tensor.dim() > 0 && tensor.numel() > 0)
      entered->multiply_adds = static_cast<double>(product.inner == Inner::kWeights ? tensor.numel() / tensor.size(0) : tensor.size(-1));
    ++open_products;
    return entered;
  }
  return nullptr;
}

void end_product(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --open_products;
  const auto& outputs = function.outputs();
  if (open_products > 0 || outputs.empty() || !outputs[0].isTensor()) return;
  const double multiply_adds = static_cast<EnteredProduct*>(context)->multiply_adds;
  counted_products.push_back(2 * multiply_adds * static_cast<double>(outputs[0].toTensor().numel()));
}

thread_local std::vector<Convolution> seen_convolutions;
thread_local int open_convolutions = 0;  // entered and not left

struct EnteredConvolution : at::ObserverContext {};

/// The first value of LibTorch's lists for height and width, which are equal.
std::int64_t step_of(const c10::IValue& value) { return value.isInt() ? value.toInt() : value.toIntVector().front(); }

std::unique_ptr<at::ObserverContext> begin_convolution(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if (name != "seg::conv2d" && name != "aten::conv2d") return nullptr;
  if (open_convolutions++ == 0) {
    const auto inputs = function.inputs();
    const torch::Tensor &x = inputs[0].toTensor(), &weight = inputs[1].toTensor();
    const std::size_t first = name == "seg::conv2d" ? 2 : 3;  // after the bias
    const ConvSteps steps{step_of(inputs[first]), step_of(inputs[first + 1]), step_of(inputs[first + 2])};
    seen_convolutions.push_back({x.sizes().vec(), weight.sizes().vec(), steps, x.requires_grad()});
  }
  return std::make_unique<EnteredConvolution>();
}

void end_convolution(const at::RecordFunction&, at::ObserverContext* context) {
  if (context != nullptr) --open_convolutions;
}

// Backward has its own threads, so the count is shared by all threads.
std::atomic<std::int64_t> traffic{0};
thread_local int open_operations = 0;  // entered and not left

/// These operations look like in-place operations or create tensors, but move no bytes.
constexpr std::array<std::string_view, 5> kStill = {"aten::detach_", "aten::set_", "aten::resize_", "aten::requires_grad_", "aten::record_stream"};

/// Composed of other operators, which are counted.
constexpr std::array<std::string_view, 4> kCompound = {"seg::batch_norm", "seg::conv2d", "seg::depthwise_conv", "seg::upsampled_conv"};

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

/// Counts values that a tensor repeats only once.
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

/// Null for records that only enclose operations, such as a node of autograd.
std::unique_ptr<at::ObserverContext> begin_operation(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if ((!name.starts_with("aten::") && !name.starts_with("seg::")) || std::ranges::find(kCompound, name) != kCompound.end()) return nullptr;
  auto operation = std::make_unique<Operation>();
  operation->outermost = open_operations++ == 0;
  if (operation->outermost) operation->inputs = tensors_of(function.inputs());
  return operation;
}

void end_operation(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --open_operations;
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

}  // namespace

double Flops::forward() const { return std::accumulate(products.begin(), products.end(), 0.0); }

double Flops::training() const { return products.empty() ? 0.0 : 3 * forward() - products.front(); }

Flops count_flops(const std::function<void()>& forward) {
  counted_products.clear();
  const Observing observing(at::addThreadLocalCallback(observer(begin_product, end_product)));
  forward();
  return {std::exchange(counted_products, {})};
}

std::vector<Convolution> observe_convolutions(const std::function<void()>& forward) {
  seen_convolutions.clear();
  const Observing observing(at::addThreadLocalCallback(observer(begin_convolution, end_convolution)));
  forward();
  return std::exchange(seen_convolutions, {});
}

std::int64_t count_traffic(const std::function<void()>& work) {
  traffic = 0;
  const Observing observing(at::addGlobalCallback(observer(begin_operation, end_operation)));
  work();
  return traffic;
}

}  // namespace seg
