#include "ranks/gpu_group.hpp"

#include <exception>

#include "base/error.hpp"

#if defined(SEG_CUDA)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#else
#include <torch/csrc/distributed/c10d/Store.hpp>
#endif

namespace seg {

#if defined(SEG_CUDA)

struct GpuGroup::Group {
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;
};

GpuGroup::GpuGroup(const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch, double timeout_s) {
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  // NCCL's own watch ends the process without a word, so it comes after Communicator::wait_until.
  options->timeout = std::chrono::milliseconds(static_cast<std::int64_t>((2 * timeout_s + 60.0) * 1e3));
  group_ = std::make_unique<Group>(
      Group{c10::make_intrusive<c10d::ProcessGroupNCCL>(store, static_cast<int>(launch.rank), static_cast<int>(launch.world_size), options)});
}

std::function<void()> GpuGroup::start_sum(std::vector<torch::Tensor>& tensors) const {
  return [work = group_->nccl->allreduce(tensors)] { work->wait(); };
}

void GpuGroup::broadcast(std::vector<torch::Tensor>& tensors) const { group_->nccl->broadcast(tensors)->wait(); }

GpuGroup::~GpuGroup() {
  try {
    // An orderly end takes all ranks; where one is lost, an exception is under way here.
    if (std::uncaught_exceptions() == 0)
      group_->nccl->shutdown();
    else
      group_->nccl->abort();
  } catch (const std::exception&) {
    // The process ends anyhow.
  }
}

#else

struct GpuGroup::Group {};

GpuGroup::~GpuGroup() = default;

GpuGroup::GpuGroup(const c10::intrusive_ptr<c10d::Store>&, const Launch&, double) {
  throw Error(ErrorKind::kInternal, "this program is built without CUDA");
}

std::function<void()> GpuGroup::start_sum(std::vector<torch::Tensor>&) const { return {}; }

void GpuGroup::broadcast(std::vector<torch::Tensor>&) const {}

#endif

}  // namespace seg
