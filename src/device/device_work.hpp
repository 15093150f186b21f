// Asynchronous work on a device: additional streams, copies to the host, work that is recorded once and replayed.
//
// On the CPU, where a call returns when its work is done, these functions do nothing or return at once.
#pragma once

#include <c10/core/Stream.h>
#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace c10 {
struct Event;
}

namespace seg {

/// A queue of work besides the device's default queue.
class DeviceStream {
 public:
  explicit DeviceStream(torch::Device device);

  /// As long as it exists, work goes to the stream, after all earlier work of the previous queue. At its end the previous queue waits for the
  /// stream.
  class Scope {
   public:
    explicit Scope(const DeviceStream& stream);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

  /// None on the CPU.
  const c10::optional<c10::Stream>& stream() const { return stream_; }

 private:
  torch::Device device_;
  c10::optional<c10::Stream> stream_;
};

/// An event in the device's queue, timed by the device's clock; on the CPU, the time of its creation.
class EventTimer {
 public:
  EventTimer() = default;
  explicit EventTimer(torch::Device device);

  /// Waits until the device has reached both.
  double seconds_since(const EventTimer& earlier) const;

 private:
  struct Event;
  std::chrono::steady_clock::time_point made_;
  std::shared_ptr<Event> event_;  // null on the CPU
};

/// Waits until `ready` returns true.
void poll_until(const std::function<bool()>& ready);

/// A copy of the current values to the host, in progress.
class HostCopy {
 public:
  /// Waits until `ready` returns true; throws if that cannot happen any more.
  using Waiter = std::function<void(const std::function<bool()>& ready)>;

  HostCopy() = default;
  /// `waiter`: how wait() waits for values that depend on other processes; empty: without a limit.
  explicit HostCopy(const torch::Tensor& values, Waiter waiter = {});

  /// Whether wait() would return at once.
  bool ready() const;
  /// Whether the values must be copied: false if they are on the CPU.
  bool travels() const { return copied_ != nullptr; }
  /// The values on the host.
  const torch::Tensor& wait() const;

 private:
  Waiter waiter_;
  torch::Tensor host_;
  std::shared_ptr<c10::Event> copied_;  // null on the CPU
};

/// A copy of host tensors to the device, in progress, in a queue that waits for no other.
class Upload {
 public:
  /// On the CPU there is nothing to copy.
  Upload(const std::vector<torch::Tensor>& host, torch::Device device, const DeviceStream& stream);

  /// The tensors on the device; the current queue waits for the copy, the host does not.
  const std::vector<torch::Tensor>& tensors() const;

 private:
  std::vector<torch::Tensor> pinned_, on_device_;  // pinned memory must live until it has been read
  std::shared_ptr<c10::Event> arrived_;
};

/// Bytes of a CUDA device.
struct DeviceMemory {
  std::int64_t free = 0;  // of the device, including memory that LibTorch keeps
  std::int64_t used = 0;  // by tensors
  std::int64_t peak = 0;  // maximum of `used` since forget_peak()
};
/// Nothing if LibTorch does not report it: on all devices except CUDA.
std::optional<DeviceMemory> device_memory(torch::Device device);
void forget_peak(torch::Device device);
/// Returns memory that no tensor uses to the device.
void release_device_memory(torch::Device device);

/// Whether work on the device can be recorded (CUDA, in a program built for it).
bool can_record(torch::Device device);

/// A CUDA graph: work that is recorded once and then replayed as a whole. Its inputs and outputs keep their addresses.
class CudaGraph {
 public:
  /// Records what `work` submits to the current stream, which must not be the default stream; nothing runs yet. Throws LibTorch's exception if the
  /// work waits for the device or allocates outside its pool; the state of the device is then unchanged.
  explicit CudaGraph(const std::function<void()>& work);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  void replay() const;

 private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
};

}  // namespace seg
