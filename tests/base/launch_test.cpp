#include "base/launch.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/error.hpp"

namespace seg {
namespace {

using Variables = std::map<std::string, std::string>;

Launch launch_of(const Variables& variables) {
  return read_launch([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string refusal(const Variables& variables) {
  try {
    launch_of(variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_FALSE(error.hint.empty());
    return error.what();
  }
  return "";
}

TEST(Launch, NothingSetIsOneProcess) {
  const Launch launch = launch_of({});
  EXPECT_FALSE(launch.several());
  EXPECT_EQ(launch.rank, 0);
  EXPECT_EQ(launch.local_size, 1);
  EXPECT_TRUE(launch.address.empty());
}

TEST(Launch, TorchrunNamesItsStore) {
  const Launch launch = launch_of({{"RANK", "5"},
                                   {"WORLD_SIZE", "8"},
                                   {"LOCAL_RANK", "1"},
                                   {"LOCAL_WORLD_SIZE", "4"},
                                   {"MASTER_ADDR", "node0"},
                                   {"MASTER_PORT", "1234"},
                                   {"TORCHELASTIC_RUN_ID", "none"},
                                   {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                   {"TORCHELASTIC_RESTART_COUNT", "2"},
                                   {"SLURM_PROCID", "1"},  // srun started one torchrun a machine
                                   {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.world_size, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 4);
  EXPECT_EQ(launch.address, "node0");
  EXPECT_EQ(launch.port, 1234);
  EXPECT_TRUE(launch.store_is_there);
  EXPECT_EQ(launch.attempt, "2");
}

Variables open_mpi(int rank, int size, int local_rank, int local_size) {
  return {{"OMPI_COMM_WORLD_RANK", std::to_string(rank)},
          {"OMPI_COMM_WORLD_SIZE", std::to_string(size)},
          {"OMPI_COMM_WORLD_LOCAL_RANK", std::to_string(local_rank)},
          {"OMPI_COMM_WORLD_LOCAL_SIZE", std::to_string(local_size)}};
}

TEST(Launch, OpenMpiOnOneMachineMeetsAtLoopback) {
  const Launch launch = launch_of(open_mpi(1, 3, 1, 3));
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.world_size, 3);
  EXPECT_EQ(launch.address, "127.0.0.1");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_FALSE(launch.store_is_there);
}

TEST(Launch, SeveralMachinesNeedAnAddress) {
  EXPECT_NE(refusal(open_mpi(1, 4, 1, 2)).find("MASTER_ADDR"), std::string::npos);
  Variables variables = open_mpi(1, 4, 1, 2);
  variables["MASTER_ADDR"] = "node0";
  EXPECT_EQ(launch_of(variables).address, "node0");
}

TEST(Launch, SlurmCountsTheTasksOfItsNode) {
  Variables variables{{"SLURM_PROCID", "8"},  {"SLURM_STEP_NUM_TASKS", "9"},
                      {"SLURM_LOCALID", "0"}, {"SLURM_STEP_TASKS_PER_NODE", "4(x2),1"},
                      {"SLURM_NODEID", "2"},  {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.1"}};
  EXPECT_EQ(launch_of(variables).local_size, 1);
  EXPECT_EQ(launch_of(variables).address, "10.0.0.1");
  variables["SLURM_NODEID"] = "1";
  variables["SLURM_LOCALID"] = "3";
  EXPECT_EQ(launch_of(variables).local_size, 4);
  EXPECT_EQ(launch_of(variables).local_rank, 3);
}

TEST(Launch, ABatchScriptWithoutSrunIsOneProcess) {
  EXPECT_FALSE(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "0"}}).several());
}

TEST(Launch, AScriptsOwnVariablesMustAgreeWithTheLauncher) {
  Variables variables = open_mpi(1, 2, 1, 2);
  variables["RANK"] = "1";
  variables["WORLD_SIZE"] = "2";
  EXPECT_EQ(launch_of(variables).local_size, 2);
  variables["RANK"] = "0";
  EXPECT_EQ(refusal(variables), "RANK is 0, but OMPI_COMM_WORLD_RANK is 1");
  variables["RANK"] = "1";
  variables["WORLD_SIZE"] = "4";
  EXPECT_EQ(refusal(variables), "WORLD_SIZE is 4, but OMPI_COMM_WORLD_SIZE is 2");
}

TEST(Launch, NamesWhatIsMissingOrWrong) {
  EXPECT_EQ(refusal({{"RANK", "1"}}), "RANK is set, but WORLD_SIZE is not");
  EXPECT_EQ(refusal({{"WORLD_SIZE", "2"}}), "WORLD_SIZE is set, but RANK is not");
  EXPECT_EQ(refusal({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), "RANK is 2, but WORLD_SIZE is 2");
  EXPECT_EQ(refusal({{"RANK", "one"}, {"WORLD_SIZE", "2"}}), "RANK is 'one', not a whole number");
  EXPECT_EQ(refusal({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "70000"}}), "MASTER_PORT is 70000");
  EXPECT_NE(refusal({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "node0"}}).find("LOCAL_RANK"), std::string::npos);
  EXPECT_FALSE(launch_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).several());
}

}  // namespace
}  // namespace seg
