#include "base/launch.hpp"

#include <charconv>
#include <cstdlib>
#include <sstream>

#include "base/error.hpp"

namespace seg {
namespace {

constexpr std::uint16_t kUsualPort = 29500;  // the default of torch.distributed

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ErrorKind::kConfiguration, what, hint); }

/// The environment variables of one launcher.
struct Names {
  const char* launcher;
  const char* rank;
  const char* world_size;
  const char* local_rank;
  const char* local_size;
};
constexpr Names kTorch = {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Names kOpenMpi = {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Names kSlurm = {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"};

class Environment {
 public:
  explicit Environment(const EnvironmentVariable& variable) : variable_(variable) {}

  std::optional<std::string> text(const std::string& name) const { return variable_(name); }
  bool has(const std::string& name) const { return variable_(name).has_value(); }
  /// Whether a launcher of this kind started the process.
  bool has(const Names& names) const { return has(names.rank) && has(names.world_size); }

  std::optional<std::int64_t> number(const std::string& name) const {
    const auto found = variable_(name);
    return found ? std::optional(whole(name, *found)) : std::nullopt;
  }

  std::int64_t needed(const std::string& name, const std::string& because) const {
    if (const auto found = number(name)) return *found;
    refuse(because + " is set, but " + name + " is not", "start with torchrun, mpirun or srun, or set " + name + "; env -u removes leftovers");
  }

  static std::int64_t whole(const std::string& name, const std::string& text) {
    std::int64_t value = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || value < 0)
      refuse(name + " is '" + text + "', not a whole number", "set it to a whole number, or unset it");
    return value;
  }

 private:
  const EnvironmentVariable& variable_;
};

/// The number of tasks on node `node` from SLURM's "4(x2),1": 4, 4 and 1.
std::optional<std::int64_t> tasks_on_node(const std::string& text, std::int64_t node) {
  std::istringstream groups(text);
  for (std::string group; std::getline(groups, group, ',');) {
    const std::size_t repeat = group.find("(x");
    const std::int64_t tasks = Environment::whole(kSlurm.local_size, group.substr(0, repeat));
    const std::int64_t nodes =
        repeat == std::string::npos ? 1 : Environment::whole(kSlurm.local_size, group.substr(repeat + 2, group.find(')') - repeat - 2));
    if (node < nodes) return tasks;
    node -= nodes;
  }
  return std::nullopt;
}

/// Rank and sizes according to one launcher.
struct Position {
  std::int64_t rank;
  std::int64_t world_size;
  std::optional<std::int64_t> local_rank;
  std::optional<std::int64_t> local_size;
};

Position position(const Environment& environment, const Names& names) {
  Position place{environment.needed(names.rank, names.world_size), environment.needed(names.world_size, names.rank),
                 environment.number(names.local_rank), std::nullopt};
  if (&names == &kSlurm) {
    const auto tasks = environment.text(names.local_size);
    if (tasks) place.local_size = tasks_on_node(*tasks, environment.number("SLURM_NODEID").value_or(0));
  } else {
    place.local_size = environment.number(names.local_size);
  }
  const auto check = [](const char* index, std::int64_t value, const char* count, std::int64_t of) {
    if (value >= of)
      refuse(std::string(index) + " is " + std::to_string(value) + ", but " + count + " is " + std::to_string(of),
             "ranks start at 0: the last rank is " + std::string(count) + " - 1");
  };
  check(names.rank, place.rank, names.world_size, place.world_size);
  if (place.local_rank && place.local_size) check(names.local_rank, *place.local_rank, names.local_size, *place.local_size);
  return place;
}

void check_agreement(const Position& own, const Position& below, const Names& names) {
  const auto differ = [&](const char* a, std::int64_t x, const char* b, std::int64_t y) {
    if (x != y)
      refuse(std::string(a) + " is " + std::to_string(x) + ", but " + b + " is " + std::to_string(y),
             std::string("unset ") + a + " if it is left over: the variables of " + names.launcher + " are sufficient");
  };
  differ(kTorch.rank, own.rank, names.rank, below.rank);
  differ(kTorch.world_size, own.world_size, names.world_size, below.world_size);
}

bool is_loopback(const std::string& address) { return address == "localhost" || address == "::1" || address.starts_with("127."); }

/// The position according to the innermost launcher. Values that it does not set come from the launcher outside of it.
Position innermost(const Environment& environment) {
  const Names& below = environment.has(kOpenMpi) ? kOpenMpi : kSlurm;
  const bool has_below = environment.has(below);
  if (!environment.has(kTorch.rank) && !environment.has(kTorch.world_size)) return position(environment, below);
  Position own = position(environment, kTorch);
  if (environment.has("TORCHELASTIC_RUN_ID") || !has_below) return own;
  const Position other = position(environment, below);
  check_agreement(own, other, below);
  if (!own.local_rank) own.local_rank = other.local_rank;
  if (!own.local_size) own.local_size = other.local_size;
  return own;
}

void find_store(const Environment& environment, Launch& launch) {
  const auto address = environment.text("MASTER_ADDR");
  const auto slurm = environment.text("SLURM_LAUNCH_NODE_IPADDR");
  if (address)
    launch.address = *address;
  else if (launch.local_size == launch.world_size)
    launch.address = "127.0.0.1";
  else if (slurm && environment.has(kSlurm))
    launch.address = *slurm;
  else
    refuse("the processes are on several machines, but MASTER_ADDR is not set", "set it to the name or address of the machine that rank 0 runs on");
  const std::int64_t port = environment.number("MASTER_PORT").value_or(kUsualPort);
  if (port < 1 || port > 65535) refuse("MASTER_PORT is " + std::to_string(port), "set it to a free port, 1 to 65535");
  launch.port = static_cast<std::uint16_t>(port);
  launch.store_is_there = environment.text("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  launch.attempt = environment.text("TORCHELASTIC_RESTART_COUNT").value_or("");
}

}  // namespace

Launch read_launch(const EnvironmentVariable& variable) {
  const Environment environment(variable);
  Launch launch;
  const bool any = environment.has(kTorch.rank) || environment.has(kTorch.world_size) || environment.has(kOpenMpi) || environment.has(kSlurm);
  if (!any) return launch;
  const Position own = innermost(environment);
  launch.rank = own.rank;
  launch.world_size = own.world_size;
  if (!launch.several()) return launch;
  const bool here = is_loopback(variable("MASTER_ADDR").value_or("127.0.0.1"));
  if ((!own.local_rank || !own.local_size) && !here)
    refuse("LOCAL_RANK and LOCAL_WORLD_SIZE are not both set, and MASTER_ADDR is another machine",
           "set them to the index of the process on its machine and to the number of processes there");
  launch.local_rank = own.local_rank.value_or(own.rank);
  launch.local_size = own.local_size.value_or(own.world_size);
  find_store(environment, launch);
  return launch;
}

Launch read_launch() {
  return read_launch([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  });
}

}  // namespace seg
