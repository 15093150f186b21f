#include "engine/process.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace seg {

namespace {

// A signal handler can only access globals.
volatile std::sig_atomic_t asked = 0;

void on_signal(int signal) {
  if (asked != 0) _exit(128 + signal);
  asked = signal;
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() { return asked; }

Communicator join_ranks(double timeout_s) {
  const Launch launch = read_launch();
  if (!launch.several()) return {};
  if (launch.rank > 0) spdlog::default_logger()->set_level(spdlog::level::err);
  Communicator ranks(launch, timeout_s);
  spdlog::info("{} processes, {} on this machine, rendezvous at {}:{}", launch.world_size, launch.local_size, launch.address, launch.port);
  return ranks;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::int64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace seg
