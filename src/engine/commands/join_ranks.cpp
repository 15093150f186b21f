#include "engine/commands/join_ranks.hpp"

#include <spdlog/spdlog.h>

namespace seg {

Communicator join_ranks(double timeout_s) {
  const Launch launch = read_launch();
  if (!launch.several()) return {};
  if (launch.rank > 0) spdlog::default_logger()->set_level(spdlog::level::err);
  Communicator ranks(launch, timeout_s);
  spdlog::info("{} processes, {} on this machine, meeting at {}:{}", launch.world_size, launch.local_size, launch.address, launch.port);
  return ranks;
}

}  // namespace seg
