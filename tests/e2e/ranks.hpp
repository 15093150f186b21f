// Several processes of a run on loopback, started without a launcher, which would end the survivors before they can say anything.
#pragma once

#include <memory>

#include "e2e/programs.hpp"
#include "support/free_port.hpp"

namespace seg::test {

class RankPrograms : public Programs {
 protected:
  using Processes = std::vector<std::unique_ptr<Process>>;

  /// One process a rank; `arguments` of each rank.
  Processes start(const std::string& program, const std::vector<std::vector<std::string>>& arguments) const {
    std::vector<std::vector<std::string>> commands;
    for (const std::vector<std::string>& of_rank : arguments) commands.push_back(command(program, of_rank));
    return start(commands);
  }
  Processes start(const std::vector<std::vector<std::string>>& commands) const {
    const std::string port = std::to_string(free_port()), count = std::to_string(commands.size());
    Processes started;
    for (std::size_t rank = 0; rank < commands.size(); ++rank) {
      const Process::Options options = with({"RANK=" + std::to_string(rank), "WORLD_SIZE=" + count, "MASTER_PORT=" + port, "OMP_NUM_THREADS=1"});
      started.push_back(std::make_unique<Process>(commands[rank], options));
    }
    return started;
  }

  /// The program under what has `words` before it.
  static std::vector<std::string> under(std::vector<std::string> words, const std::string& program, const std::vector<std::string>& arguments) {
    const std::vector<std::string> all = command(program, arguments);
    words.insert(words.end(), all.begin(), all.end());
    return words;
  }

  std::vector<ProgramResult> wait(const Processes& processes, double seconds = 100) const {
    std::vector<ProgramResult> results;
    for (const auto& process : processes) results.push_back(process->wait(seconds));
    return results;
  }

  /// Of rank 0; the others must have ended well and said nothing.
  ProgramResult run_ranks(const std::string& program, std::size_t count, const std::vector<std::string>& arguments) const {
    if (count == 1) return run(program, arguments);
    return checked(wait(start(program, std::vector(count, arguments))));
  }

  static ProgramResult checked(const std::vector<ProgramResult>& results) {
    for (std::size_t rank = 0; rank < results.size(); ++rank) {
      EXPECT_EQ(results[rank].exit_code, 0) << "rank " << rank << ": " << results[rank].err;
      EXPECT_TRUE(rank == 0 || (results[rank].out + results[rank].err).empty()) << "rank " << rank << ": " << results[rank].err;
    }
    return results.front();
  }

  /// Six images a step over one, two or three ranks, with dropout, one thread each; plain SGD.
  std::vector<std::string> steps(const std::string& run_dir, int count, const std::vector<std::string>& settings) const {
    std::vector<std::string> all{"train.batch_size=6",
                                 "train.iterations=" + std::to_string(count),
                                 "train.threads=1",
                                 "train.precision=fp32",
                                 "train.log_interval=1",
                                 "train.val_interval=1000",
                                 "model.batch_norm=synchronized",
                                 "optimizer.type=sgd",
                                 "optimizer.lr=0.001",
                                 "schedule.type=constant",
                                 "data.workers=1",
                                 "train.deterministic=true"};
    all.insert(all.end(), settings.begin(), settings.end());
    return training_with(run_dir, all);
  }

  static std::vector<std::string> going_on(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--resume", "auto"});
    return arguments;
  }
};

}  // namespace seg::test
