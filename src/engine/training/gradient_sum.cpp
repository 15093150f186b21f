#include "engine/training/gradient_sum.hpp"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

#include "engine/process.hpp"

namespace seg {

using torch::autograd::variable_list;

/// Called when autograd has added up the gradient of one parameter.
class GradientSum::Hook : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientSum& owner, std::size_t bucket, std::size_t place) : owner_(owner), bucket_(bucket), place_(place) {}

  variable_list operator()(const variable_list& outputs, const variable_list& /*inputs*/) override {
    owner_.arrived(bucket_, place_);
    return outputs;
  }

 private:
  GradientSum& owner_;
  std::size_t bucket_, place_;
};

/// Keeps the gradient accumulator, and with it the hook, alive.
struct GradientSum::Hooked {
  decltype(torch::autograd::impl::grad_accumulator(torch::Tensor())) accumulator;  // 2.15 changed the kind of pointer
  std::uintptr_t key;
};

std::vector<std::vector<torch::Tensor>> gradient_buckets(const std::vector<torch::Tensor>& parameters) {
  constexpr std::int64_t kBucketValues = kBucketBytes / static_cast<std::int64_t>(sizeof(float));
  std::vector<std::vector<torch::Tensor>> buckets;
  std::int64_t values = kBucketValues;
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    if (values >= kBucketValues) {
      buckets.emplace_back();
      values = 0;
    }
    buckets.back().push_back(*parameter);
    values += parameter->numel();
  }
  return buckets;
}

GradientSum::GradientSum(const std::vector<torch::Tensor>& parameters, Communicator ranks, torch::ScalarType type)
    : ranks_(std::move(ranks)), type_(type) {
  for (std::vector<torch::Tensor>& of_bucket : gradient_buckets(parameters)) {
    const std::size_t b = buckets_.size();
    Bucket& bucket = buckets_.emplace_back();
    bucket.parameters = std::move(of_bucket);
    std::int64_t values = 0;
    for (const torch::Tensor& parameter : bucket.parameters) values += parameter.numel();
    bucket.values = torch::zeros({values}, bucket.parameters.front().options().requires_grad(false));
    std::int64_t offset = 0;
    for (std::size_t place = 0; place < bucket.parameters.size(); ++place) {
      const torch::Tensor& parameter = bucket.parameters[place];
      bucket.views.push_back(bucket.values.narrow(0, offset, parameter.numel()).as_strided(parameter.sizes(), parameter.strides(), offset));
      offset += parameter.numel();
      const auto accumulator = torch::autograd::impl::grad_accumulator(parameter);
      hooks_.push_back({accumulator, accumulator->add_post_hook(std::make_unique<Hook>(*this, b, place))});
    }
  }
}

GradientSum::~GradientSum() {
  for (const Hooked& hooked : hooks_) hooked.accumulator->del_post_hook(hooked.key);
}

void GradientSum::begin() {
  for (Bucket& bucket : buckets_) bucket.missing = bucket.parameters.size();
  sent_ = 0;
  active_ = true;
}

void GradientSum::arrived(std::size_t b, std::size_t place) {
  if (!active_) return;
  const torch::NoGradGuard no_gradient;
  Bucket& bucket = buckets_[b];
  bucket.views[place].copy_(bucket.parameters[place].grad());
  bucket.parameters[place].mutable_grad() = bucket.views[place];
  --bucket.missing;
  send_complete();
}

/// Sends in the same order on all ranks, whatever the order of the backward pass.
void GradientSum::send_complete() {
  for (; sent_ < buckets_.size() && buckets_[sent_].missing == 0; ++sent_) {
    Bucket& bucket = buckets_[sent_];
    bucket.sent = bucket.values.to(type_);
    bucket.wait = ranks_.start_sum(bucket.sent);
  }
}

double GradientSum::finish() {
  active_ = false;
  const torch::NoGradGuard no_gradient;
  for (Bucket& bucket : buckets_) {
    if (bucket.missing == 0) continue;
    for (std::size_t place = 0; place < bucket.parameters.size(); ++place)
      if (!bucket.parameters[place].grad().defined()) bucket.views[place].zero_();
    bucket.missing = 0;
  }
  return seconds_of([this] {
    send_complete();
    for (Bucket& bucket : buckets_) {
      std::exchange(bucket.wait, {})();
      if (!bucket.sent.is_same(bucket.values)) bucket.values.copy_(bucket.sent);
      bucket.sent.reset();
    }
  });
}

}  // namespace seg
