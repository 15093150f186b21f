#include "core/device_work.hpp"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <thread>

#include "base/error.hpp"

#if defined(SEG_CUDA)
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>
#endif

namespace seg {
namespace {

c10::Stream current_stream(const torch::Device& device) { return c10::impl::VirtualGuardImpl(device.type()).getStream(device); }

std::shared_ptr<c10::Event> event_behind(const c10::Stream& stream) {
  auto event = std::make_shared<c10::Event>(stream.device_type());
  event->record(stream);
  return event;
}

}  // namespace

DeviceStream::DeviceStream(torch::Device device) : device_(device) {
  if (device.is_cuda()) stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

struct DeviceStream::Scope::State {
  explicit State(const c10::Stream& stream) : before(current_stream(stream.device())), own(stream), guard(stream) {}
  c10::Stream before, own;
  c10::StreamGuard guard;
};

DeviceStream::Scope::Scope(const DeviceStream& stream) {
  if (!stream.stream_) return;
  const auto given = event_behind(current_stream(stream.device_));
  state_ = std::make_unique<State>(*stream.stream_);
  given->block(state_->own);
}

DeviceStream::Scope::~Scope() {
  if (state_) event_behind(state_->own)->block(state_->before);
}

HostCopy::HostCopy(const torch::Tensor& values) {
  if (values.is_cpu()) {
    host_ = values.clone();
    return;
  }
  host_ = torch::empty(values.sizes(), values.options().device(torch::kCPU).pinned_memory(true));
  host_.copy_(values, /*non_blocking=*/true);
  copied_ = event_behind(current_stream(values.device()));
}

bool HostCopy::ready() const { return !copied_ || copied_->query(); }

const torch::Tensor& HostCopy::wait() const {
  while (!ready()) std::this_thread::sleep_for(std::chrono::microseconds(20));
  return host_;
}

Upload::Upload(const std::vector<torch::Tensor>& host, torch::Device device, const DeviceStream& stream) {
  if (device.is_cpu()) {
    there_ = host;
    return;
  }
  // Not a Scope: the user's queue waits when it asks for the tensors, and the upload waits for nothing.
  const c10::StreamGuard guard(stream.stream().value());
  for (const torch::Tensor& tensor : host) {
    pinned_.push_back(tensor.is_pinned() ? tensor : tensor.pin_memory());
    there_.push_back(pinned_.back().to(device, /*non_blocking=*/true));
  }
  arrived_ = event_behind(stream.stream().value());
}

const std::vector<torch::Tensor>& Upload::tensors() const {
  if (arrived_) {
    const c10::Stream user = current_stream(there_.front().device());
    arrived_->block(user);
    for (const torch::Tensor& tensor : there_) tensor.record_stream(user);
  }
  return there_;
}

#if defined(SEG_CUDA)

struct DeviceMoment::Event : at::cuda::CUDAEvent {
  using CUDAEvent::CUDAEvent;
};

DeviceMoment::DeviceMoment(torch::Device device) : made_(std::chrono::steady_clock::now()) {
  if (!device.is_cuda()) return;
  event_ = std::make_shared<Event>(cudaEventDefault);  // others keep no time
  event_->record(c10::cuda::CUDAStream(current_stream(device)));
}

double DeviceMoment::seconds_since(const DeviceMoment& earlier) const {
  if (!event_) return std::chrono::duration<double>(made_ - earlier.made_).count();
  event_->synchronize();
  return earlier.event_->elapsed_time(*event_) / 1e3;
}

bool can_record(torch::Device device) { return device.is_cuda(); }

struct RecordedWork::Graph {
  at::cuda::CUDAGraph recorded;
};

RecordedWork::RecordedWork(const std::function<void()>& work) : graph_(std::make_unique<Graph>()) {
  // Other threads may pin memory meanwhile.
  graph_->recorded.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  try {
    work();
  } catch (...) {
    try {
      graph_->recorded.capture_end();
    } catch (const std::exception&) {
      // The recording is broken already.
    }
    throw;
  }
  graph_->recorded.capture_end();
}

void RecordedWork::replay() const { graph_->recorded.replay(); }

DeviceMemory device_memory(torch::Device device) {
  if (!device.is_cuda()) return {};
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::DeviceIndex{0};
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
  std::size_t free = 0, total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  const auto& used = stats.allocated_bytes[0];  // of all kinds together
  return {static_cast<std::int64_t>(free) + stats.reserved_bytes[0].current - used.current, used.current, used.peak};
}

void forget_peak(torch::Device device) {
  if (device.is_cuda()) c10::cuda::CUDACachingAllocator::resetPeakStats(device.has_index() ? device.index() : c10::DeviceIndex{0});
}

void release_device_memory(torch::Device device) {
  if (device.is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();
}

#else

struct DeviceMoment::Event {};

DeviceMoment::DeviceMoment(torch::Device) : made_(std::chrono::steady_clock::now()) {}

double DeviceMoment::seconds_since(const DeviceMoment& earlier) const { return std::chrono::duration<double>(made_ - earlier.made_).count(); }

bool can_record(torch::Device) { return false; }

struct RecordedWork::Graph {};

RecordedWork::RecordedWork(const std::function<void()>&) { throw Error(ErrorKind::kInternal, "this program is built without CUDA"); }

void RecordedWork::replay() const {}

DeviceMemory device_memory(torch::Device) { return {}; }

void forget_peak(torch::Device) {}

void release_device_memory(torch::Device) {}

#endif

RecordedWork::~RecordedWork() = default;

}  // namespace seg
