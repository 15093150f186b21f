// Work on a device that the host does not wait for: streams beside the default one, values on their way to the host, work recorded once and replayed.
//
// On the CPU, where a call returns when its work is done, all of it does nothing, or is there at once.
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

/// A queue of work beside the device's default one.
class DeviceStream {
 public:
  explicit DeviceStream(torch::Device device);

  /// While it lives, work goes to the stream, behind all that the queue before it was given; afterwards that queue waits for the stream.
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

/// An event in the queue that the device works through, timed by its own clock; on the CPU, when it was made.
class EventTimer {
 public:
  EventTimer() = default;
  explicit EventTimer(torch::Device device);

  /// Waits until the device has come to both.
  double seconds_since(const EventTimer& earlier) const;

 private:
  struct Event;
  std::chrono::steady_clock::time_point made_;
  std::shared_ptr<Event> event_;  // null on the CPU
};

/// Returns when `ready` says so.
void poll_until(const std::function<bool()>& ready);

/// Values of this moment on their way to the host.
class HostCopy {
 public:
  /// Returns when `ready` says so, or throws where that cannot be expected any more.
  using Waiter = std::function<void(const std::function<bool()>& ready)>;

  HostCopy() = default;
  /// `waiter`: how wait() waits, for values that other processes have a part in; empty: for as long as it takes.
  explicit HostCopy(const torch::Tensor& values, Waiter waiter = {});

  /// Whether wait() would return at once.
  bool ready() const;
  /// Whether they have a way to go: not from the CPU.
  bool travels() const { return copied_ != nullptr; }
  /// On the host.
  const torch::Tensor& wait() const;

 private:
  Waiter waiter_;
  torch::Tensor host_;
  std::shared_ptr<c10::Event> copied_;  // null on the CPU
};

/// Host tensors on their way to the device, in a queue that waits for no other.
class Upload {
 public:
  /// On the CPU they are there.
  Upload(const std::vector<torch::Tensor>& host, torch::Device device, const DeviceStream& stream);

  /// On the device; the current queue waits until they are there, the host does not.
  const std::vector<torch::Tensor>& tensors() const;

 private:
  std::vector<torch::Tensor> pinned_, on_device_;  // pinned memory must live until it has been read
  std::shared_ptr<c10::Event> arrived_;
};

/// Bytes of a CUDA device.
struct DeviceMemory {
  std::int64_t free = 0;  // of the device, what LibTorch keeps for itself included
  std::int64_t used = 0;  // by tensors
  std::int64_t peak = 0;  // the most used since forget_peak()
};
/// Nothing where LibTorch keeps no account: elsewhere than on CUDA.
std::optional<DeviceMemory> device_memory(torch::Device device);
void forget_peak(torch::Device device);
/// Gives back to the device what no tensor needs.
void release_device_memory(torch::Device device);

/// Whether work on the device can be recorded (CUDA, in a program built for it).
bool can_record(torch::Device device);

/// A CUDA graph: work recorded once, and launched as a whole from then on. What it reads and writes keeps its place in memory.
class CudaGraph {
 public:
  /// Records what `work` gives to the current stream, which must not be the default one; nothing of it runs yet. Throws what LibTorch throws where
  /// the work waits for the device or allocates outside its pool; the device is as before then.
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
