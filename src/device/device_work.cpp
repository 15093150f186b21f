#include "device/device_work.hpp"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <thread>
#include <utility>

#include "base/error.hpp"
#include "device/torch_compat.hpp"

#if defined(SEG_CUDA)
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>
#if SEG_TORCH_AT_LEAST(2, 11)
#include <ATen/core/CachingHostAllocator.h>
#endif
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
  if (!device.is_cpu()) stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

struct DeviceStream::Scope::State {
  explicit State(const c10::Stream& stream) : before(current_stream(stream.device())), own(stream), done(stream.device_type()), guard(stream) {}
  c10::Stream before, own;
  c10::Event done;  // created with the scope, so that the end of the scope allocates nothing
  c10::StreamGuard guard;
};

DeviceStream::Scope::Scope(const DeviceStream& stream) {
  if (!stream.stream_) return;
  const auto given = event_behind(current_stream(stream.device_));
  state_ = std::make_unique<State>(*stream.stream_);
  given->block(state_->own);
}

DeviceStream::Scope::~Scope() {
  if (!state_) return;
  try {
    state_->done.record(state_->own);
    state_->done.block(state_->before);
  } catch (const std::exception&) {
    // The device has failed. The exception that says so is already thrown or comes from the next call; a second exception would end the program.
  }
}

HostCopy::HostCopy(const torch::Tensor& values, Waiter waiter) : waiter_(std::move(waiter)) {
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
  const auto is_ready = [this] { return ready(); };
  if (waiter_ && !ready()) waiter_(is_ready);
  poll_until(is_ready);
  return host_;
}

void poll_until(const std::function<bool()>& ready) {
  while (!ready()) std::this_thread::sleep_for(std::chrono::microseconds(20));
}

Upload::Upload(const std::vector<torch::Tensor>& host, torch::Device device, const DeviceStream& stream) {
  if (device.is_cpu()) {
    on_device_ = host;
    return;
  }
  // Not a Scope: the user's queue waits when it requests the tensors, and the upload waits for nothing.
  const c10::StreamGuard guard(stream.stream().value());
  for (const torch::Tensor& tensor : host) {
    pinned_.push_back(tensor.is_pinned() ? tensor : tensor.pin_memory());
    on_device_.push_back(pinned_.back().to(device, /*non_blocking=*/true));
  }
  arrived_ = event_behind(stream.stream().value());
}

const std::vector<torch::Tensor>& Upload::tensors() const {
  if (arrived_) {
    const c10::Stream user = current_stream(on_device_.front().device());
    arrived_->block(user);
    for (const torch::Tensor& tensor : on_device_) tensor.record_stream(user);
  }
  return on_device_;
}

#if defined(SEG_CUDA)

struct EventTimer::Event : at::cuda::CUDAEvent {
  using CUDAEvent::CUDAEvent;
};

EventTimer::EventTimer(torch::Device device) : made_(std::chrono::steady_clock::now()) {
  if (!device.is_cuda()) return;
  event_ = std::make_shared<Event>(cudaEventDefault);  // other kinds of events do not record the time
  event_->record(c10::cuda::CUDAStream(current_stream(device)));
}

double EventTimer::seconds_since(const EventTimer& earlier) const {
  if (!event_) return std::chrono::duration<double>(made_ - earlier.made_).count();
  event_->synchronize();
  return earlier.event_->elapsed_time(*event_) / 1e3;
}

bool can_record(torch::Device device) { return device.is_cuda(); }

struct CudaGraph::Graph {
  at::cuda::CUDAGraph recorded;
};

namespace {

using PoolId = decltype(at::cuda::graph_pool_handle());

/// Makes a call that LibTorch may already have made itself.
void unless_done(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception&) {
    // LibTorch has already made it.
  }
}

void end_recording(at::cuda::CUDAGraph& graph) {
  unless_done([&] { graph.capture_end(); });
}

/// If a recording becomes invalid, LibTorch 2.11 leaves its memory pool open (later versions close it: pytorch #180395). It would then never release
/// the memory it keeps, and never free a tensor that another stream has used.
void close_pool(c10::DeviceIndex device, const PoolId& pool) {
  unless_done([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool); });
#if SEG_TORCH_AT_LEAST(2, 11)
  unless_done([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool); });  // of pinned memory
#endif
#if SEG_TORCH_AT_LEAST(2, 8)
  unless_done([&] {
    if (c10::cuda::CUDACachingAllocator::get()->getPoolUseCount(device, pool) > 0) c10::cuda::CUDACachingAllocator::releasePool(device, pool);
  });
#endif
}

}  // namespace

CudaGraph::CudaGraph(const std::function<void()>& work) : graph_(std::make_unique<Graph>()) {
  const c10::DeviceIndex device = c10::cuda::current_device();
  const auto pool = at::cuda::graph_pool_handle();
  // Other threads may pin memory in the meantime.
  graph_->recorded.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
  try {
    work();
    graph_->recorded.capture_end();
  } catch (...) {
    end_recording(graph_->recorded);
    graph_.reset();
    close_pool(device, pool);
    throw;
  }
}

void CudaGraph::replay() const { graph_->recorded.replay(); }

std::optional<DeviceMemory> device_memory(torch::Device device) {
  if (!device.is_cuda()) return std::nullopt;
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::DeviceIndex{0};
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
  const c10::DeviceGuard asked({torch::kCUDA, index});  // cudaMemGetInfo reports on the current device
  std::size_t free = 0, total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  const auto& used = stats.allocated_bytes[0];  // all kinds together
  return DeviceMemory{static_cast<std::int64_t>(free) + stats.reserved_bytes[0].current - used.current, used.current, used.peak};
}

void forget_peak(torch::Device device) {
  if (device.is_cuda()) c10::cuda::CUDACachingAllocator::resetPeakStats(device.has_index() ? device.index() : c10::DeviceIndex{0});
}

void release_device_memory(torch::Device device) {
  if (device.is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();
}

#else

struct EventTimer::Event {};

EventTimer::EventTimer(torch::Device) : made_(std::chrono::steady_clock::now()) {}

double EventTimer::seconds_since(const EventTimer& earlier) const { return std::chrono::duration<double>(made_ - earlier.made_).count(); }

bool can_record(torch::Device) { return false; }

struct CudaGraph::Graph {};

CudaGraph::CudaGraph(const std::function<void()>&) { throw Error(ErrorKind::kInternal, "this program is built without CUDA"); }

void CudaGraph::replay() const {}

std::optional<DeviceMemory> device_memory(torch::Device) { return std::nullopt; }

void forget_peak(torch::Device) {}

void release_device_memory(torch::Device) {}

#endif

CudaGraph::~CudaGraph() = default;

}  // namespace seg
