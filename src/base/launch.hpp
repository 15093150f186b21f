// Reads from the environment what a launcher (torchrun, mpirun, srun, or the user's own script) tells the processes that it starts.
//
//   torchrun, scripts   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT (the names of torch.distributed)
//   Open MPI            OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE
//   SLURM               SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, SLURM_STEP_TASKS_PER_NODE, SLURM_NODEID, SLURM_LAUNCH_NODE_IPADDR
//
// The innermost launcher takes precedence: torchrun's variables over those of the mpirun or srun that started it, Open MPI's over SLURM's. If a
// script sets RANK and WORLD_SIZE, they must agree with the variables of the launcher around it. A batch script that calls the program without srun
// has no SLURM_STEP_NUM_TASKS, and runs one process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace seg {

struct Launch {
  std::int64_t rank = 0;        // 0 .. world_size - 1
  std::int64_t world_size = 1;  // processes
  std::int64_t local_rank = 0;  // rank among the processes of this machine
  std::int64_t local_size = 1;
  std::string address = {};     // of the rendezvous store; empty for one process
  std::uint16_t port = 0;       // of the rendezvous store
  bool store_is_there = false;  // torchrun's agent serves the store; else rank 0 does
  std::string attempt = {};     // number of the restart of the same job: 0, 1, ... with torchrun, else empty

  bool several() const { return world_size > 1; }
};

/// The value of an environment variable; nothing if it is not set or empty.
using EnvironmentVariable = std::function<std::optional<std::string>(const std::string& name)>;

/// One process if nothing is set. Throws kConfiguration with the names of variables that are missing, wrong or contradict each other.
Launch read_launch(const EnvironmentVariable& variable);
/// Reads the environment of this process.
Launch read_launch();

}  // namespace seg
