// Several ranks as threads of one test.
#pragma once

#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ranks/communicator.hpp"
#include "support/free_port.hpp"

namespace seg {

/// Returns when all have joined or failed to: to the others, a rank that has done its work before they have joined would be lost.
inline Communicator join(const Launch& launch, double timeout_s, std::latch& joined) {
  struct Arrival {
    ~Arrival() { joined.arrive_and_wait(); }
    std::latch& joined;
  } const arrival{joined};
  return Communicator(launch, timeout_s);
}

/// Calls body(ranks) in a thread for each of `count` ranks, and returns when all have returned. The first exception is thrown on.
inline void run_ranks(std::int64_t count, const std::function<void(const Communicator& ranks)>& body, double timeout_s = 30.0) {
  setenv("TORCH_FR_BUFFER_SIZE", "0", /*replace=*/0);  // LibTorch 2.11's recorder of calls does not expect ranks to be threads
  const std::uint16_t port = free_port();
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(count));
  std::latch joined(count);
  {
    std::vector<std::jthread> threads;
    for (std::int64_t rank = 0; rank < count; ++rank)
      threads.emplace_back([&, rank] {
        try {
          // A store that is not there yet costs a second.
          if (rank > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
          const Launch launch{.rank = rank, .world_size = count, .local_rank = rank, .local_size = count, .address = "127.0.0.1", .port = port};
          body(join(launch, timeout_s, joined));
        } catch (...) {
          errors[static_cast<std::size_t>(rank)] = std::current_exception();
        }
      });
  }
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace seg
