// Communication between the processes ("ranks") of one run. The default is one process, for which all calls are free.
//
// Copies are the same communicator. Every rank must make the same calls in the same order. If calls may overlap (gradients are summed while backward
// runs), each sequence of calls needs its own group(). Sums are bit-identical on all ranks. Uses c10d: TCPStore as rendezvous, Gloo between CPUs,
// NCCL between GPUs, where a call returns before the sum is complete and the device waits instead of the host.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/launch.hpp"

namespace seg {

class Communicator {
 public:
  /// One process.
  Communicator() = default;
  /// Joins the other processes of the launch; returns when all have joined. A rank without a sign of life for timeout_s ends the run. Throws kRanks.
  Communicator(const Launch& launch, double timeout_s);

  std::int64_t rank() const { return launch_.rank; }
  std::int64_t world_size() const { return launch_.world_size; }
  bool several() const { return launch_.several(); }
  /// Whether this is rank 0, which reads, writes and prints.
  bool is_first() const { return launch_.rank == 0; }
  /// Whether this is the first rank of its machine, which does the work that is needed once per machine.
  bool is_first_here() const { return launch_.local_rank == 0; }
  const Launch& launch() const { return launch_; }

  /// Sets what this rank is doing, which the others report if it is lost: "step 17".
  void doing(const std::string& what) const;

  /// The same ranks with a separate sequence of calls; the name identifies it.
  Communicator group(const std::string& name) const;

  // All functions below throw kRanks if a rank is lost. Tensors must be dense, of type float32, float64, int64 or uint8, on GPUs also bfloat16, and
  // on one device per rank.

  /// Whether sums of this type are supported for tensors on this device.
  static bool sums(torch::ScalarType type, const torch::Device& device) { return type != torch::kBFloat16 || !device.is_cpu(); }

  /// Sums over all ranks, in place.
  void sum(const torch::Tensor& values) const;
  /// The same in the background. The returned function waits until `values` holds the sum; `values` must exist until then.
  std::function<void()> start_sum(const torch::Tensor& values) const;
  /// Copies rank 0's values to all ranks, in place.
  void broadcast(const torch::Tensor& values) const;
  /// Rank 0's text, on all ranks.
  std::string broadcast(const std::string& text) const;
  /// The texts of all ranks, on all ranks.
  std::vector<std::string> gather(const std::string& text) const;
  void barrier() const;
  /// Waits until `ready` returns true, with several ranks at most timeout_s. For common work of the devices of all ranks, whose calls would not
  /// report a lost rank.
  void wait_until(const std::function<bool()>& ready) const;
  /// Bytes of the tensors that this rank has passed to sums and broadcasts so far, over all groups. The bytes actually sent depend on the algorithm.
  std::int64_t bytes_given() const;
  /// Returns if all ranks have the same text. Otherwise throws kConfiguration on all ranks, with `what`, the first rank that differs from rank 0, and
  /// the first line that differs.
  void require_equal(const std::string& what, const std::string& text) const;

 private:
  struct Group;

  Launch launch_;
  std::shared_ptr<Group> group_;  // null for one process
};

}  // namespace seg
