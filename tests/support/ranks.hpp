// Several ranks as threads of one test.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/communicator.hpp"

namespace seg {

/// A port of loopback that nobody listens at.
inline std::uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(listener);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// Calls body(ranks) in a thread for each of `count` ranks, and returns when all have returned. The first exception is thrown on.
inline void run_ranks(std::int64_t count, const std::function<void(const Communicator& ranks)>& body, double timeout_s = 30.0) {
  const std::uint16_t port = free_port();
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(count));
  {
    std::vector<std::jthread> threads;
    for (std::int64_t rank = 0; rank < count; ++rank)
      threads.emplace_back([&, rank] {
        try {
          // A store that is not there yet costs a second.
          if (rank > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
          const Launch launch{.rank = rank, .world_size = count, .local_rank = rank, .local_size = count, .address = "127.0.0.1", .port = port};
          body(Communicator(launch, timeout_s));
        } catch (...) {
          errors[static_cast<std::size_t>(rank)] = std::current_exception();
        }
      });
  }
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace seg
