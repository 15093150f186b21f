// The processes ("ranks") of one run, and what they do together. The default is one process, for which nothing here costs anything.
//
// A copy is the same communicator. Every rank makes the same calls in the same order; where calls may overlap (gradients are summed while backward
// runs), each stream of them has a group() of its own. Sums have the same bits on all ranks. Over c10d: TCPStore to meet at, Gloo between
// CPUs, NCCL between GPUs, where a call returns before the sum is there and the device waits instead of the host.
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
  /// Meets the other processes of the launch; returns when all are there. A rank that says nothing for timeout_s ends the run. Throws kRanks.
  Communicator(const Launch& launch, double timeout_s);

  std::int64_t rank() const { return launch_.rank; }
  std::int64_t world_size() const { return launch_.world_size; }
  bool several() const { return launch_.several(); }
  /// The one that reads, writes and prints.
  bool is_first() const { return launch_.rank == 0; }
  /// The one that does what is to be done once a machine.
  bool is_first_here() const { return launch_.local_rank == 0; }
  const Launch& launch() const { return launch_; }

  /// What this rank is at, for the others to say should it be lost: "step 17".
  void doing(const std::string& what) const;

  /// The same ranks with an order of calls of their own; the name is its identity.
  Communicator group(const std::string& name) const;

  // All below throw kRanks where a rank is lost; tensors are dense, of float32, float64, int64 or uint8, on GPUs also bfloat16, and on one device
  // each.

  /// Whether sums of this type are there for tensors on this device.
  static bool sums(torch::ScalarType type, const torch::Device& device) { return type != torch::kBFloat16 || !device.is_cpu(); }

  /// Adds up over all ranks, in place.
  void sum(const torch::Tensor& values) const;
  /// The same in the background; what it gives returns when `values` holds the sum. `values` must live until then.
  std::function<void()> start_sum(const torch::Tensor& values) const;
  /// Rank 0's values, in place on all.
  void broadcast(const torch::Tensor& values) const;
  /// Rank 0's text.
  std::string broadcast(const std::string& text) const;
  /// The text of each rank, on all.
  std::vector<std::string> gather(const std::string& text) const;
  void barrier() const;
  /// Returns when `ready` says so: for what a device does together with those of the other ranks, none of whose calls would tell that a rank is lost.
  /// For several ranks at most timeout_s.
  void wait_until(const std::function<bool()>& ready) const;
  /// Of the tensors that this rank has given to sums and broadcasts so far, over all groups: what an algorithm sends for them is up to it.
  std::int64_t bytes_given() const;
  /// Returns where all ranks have the same lines of text. Throws kConfiguration on all ranks otherwise: `what`, the first rank that differs from
  /// rank 0, and the first line in which it does.
  void require_equal(const std::string& what, const std::string& text) const;

 private:
  struct Group;

  Launch launch_;
  std::shared_ptr<Group> group_;  // null for one process
};

}  // namespace seg
