// What a launcher (torchrun, mpirun, srun, or a script of one's own) says of the processes it started, read from their environment.
//
//   torchrun, scripts   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT (the names of torch.distributed)
//   Open MPI            OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE
//   SLURM               SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, SLURM_STEP_TASKS_PER_NODE, SLURM_NODEID, SLURM_LAUNCH_NODE_IPADDR
//
// The innermost launcher counts: torchrun's variables over those of the mpirun or srun that started it, Open MPI's over SLURM's. Where
// RANK and WORLD_SIZE are a script's, they must agree with what is below them. A batch script that calls the program without srun has
// no SLURM_STEP_NUM_TASKS, and is one process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace seg {

struct Launch {
  std::int64_t rank = 0;        // 0 .. world_size - 1
  std::int64_t world_size = 1;  // processes
  std::int64_t local_rank = 0;  // among those of this machine
  std::int64_t local_size = 1;
  std::string address = {};     // where the store is that they meet at; empty for one process
  std::uint16_t port = 0;       // likewise
  bool store_is_there = false;  // torchrun's agent serves it; else rank 0 does
  std::string attempt = {};     // differs from one start of the same job to the next: 0, 1, ... under torchrun, else empty

  bool several() const { return world_size > 1; }
};

/// An environment variable by its name; nothing where it is not set or empty.
using EnvironmentVariable = std::function<std::optional<std::string>(const std::string& name)>;

/// One process where nothing is set. Throws kConfiguration naming the variables that are missing, wrong or contradict each other.
Launch read_launch(const EnvironmentVariable& variable);
/// Of this process.
Launch read_launch();

}  // namespace seg
