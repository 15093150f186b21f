#include "bench/flops.hpp"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <array>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

namespace seg {

namespace {

/// How a product's inputs say how many multiply-adds an element of its output takes.
enum class Inner {
  kWeights,     // a convolution: the weights of one output channel
  kLastOfFirst  // a matrix product: the last dimension of the left factor
};

struct Product {
  std::string_view name;
  Inner inner;
  std::size_t input;  // the tensor that says it
};

// From what a network calls down to what computes: a product is counted where it is entered first.
constexpr std::array<Product, 11> kProducts = {{{"aten::conv2d", Inner::kWeights, 1},
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

struct Count {
  std::vector<double> products;
  int depth = 0;  // products entered and not left
};

// LibTorch takes plain functions as callbacks, so the count of this thread is where they find it.
thread_local Count* counted = nullptr;

struct Entered : at::ObserverContext {
  double multiply_adds = 0.0;  // an element of the output
};

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  for (const Product& product : kProducts) {
    if (product.name != name || function.inputs().size() <= product.input || !function.inputs()[product.input].isTensor()) continue;
    const torch::Tensor& tensor = function.inputs()[product.input].toTensor();
    auto entered = std::make_unique<Entered>();
    if (tensor.dim() > 0 && tensor.numel() > 0)
      entered->multiply_adds = static_cast<double>(product.inner == Inner::kWeights ? tensor.numel() / tensor.size(0) : tensor.size(-1));
    ++counted->depth;
    return entered;
  }
  return nullptr;
}

void leave(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --counted->depth;
  const auto& outputs = function.outputs();
  if (counted->depth > 0 || outputs.empty() || !outputs[0].isTensor()) return;
  const double multiply_adds = static_cast<Entered*>(context)->multiply_adds;
  counted->products.push_back(2 * multiply_adds * static_cast<double>(outputs[0].toTensor().numel()));
}

/// Counts while it lives.
class Counting {
 public:
  explicit Counting(Count& count)
      : before_(std::exchange(counted, &count)),
        handle_(at::addThreadLocalCallback(
            at::RecordFunctionCallback(enter, leave).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}))) {}
  ~Counting() {
    at::removeCallback(handle_);
    counted = before_;
  }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

 private:
  Count* before_;
  at::CallbackHandle handle_;
};

}  // namespace

double Flops::forward() const { return std::accumulate(products.begin(), products.end(), 0.0); }

double Flops::training() const { return products.empty() ? 0.0 : 3 * forward() - products.front(); }

Flops count_flops(const std::function<void()>& forward) {
  Count count;
  const Counting counting(count);
  forward();
  return {std::move(count.products)};
}

}  // namespace seg
