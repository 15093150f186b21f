// What each rank is doing, told through the store while it lives, so that when one is lost the others can say which one and where it was.
//
// Twice a second a thread writes "heartbeat/RANK": a number that grows, whether the rank waits for the others, and what it is doing. The rank that
// finds one lost writes its name under "lost"; who reads it and has not ended by itself some seconds later is ended here.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/launch.hpp"

namespace seg {

class Heartbeat {
 public:
  /// `store`: a connection of its own, since calls on another one may wait.
  Heartbeat(const Launch& launch, c10::intrusive_ptr<c10d::Store> store);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// "step 17", "the validation of step 20".
  void doing(const std::string& what);
  void waits(bool waiting) { waiting_ = waiting; }
  /// After a call with the others has failed: "rank 2 is lost; it was last at step 17". Takes some seconds.
  std::string lost();

 private:
  struct Beat {
    std::int64_t number = 0;
    bool waiting = false;
    std::string doing;
  };

  // Both throw where the store is gone.
  void set(const std::string& key, const std::string& value) const;
  std::optional<std::string> get(const std::string& key) const;  // nothing where the key is not there; never waits
  void beat(const std::stop_token& stop);
  void tell();
  std::optional<Beat> read(std::int64_t rank) const;
  std::vector<Beat> beats() const;  // of all ranks
  std::optional<std::string> known() const;
  std::string look_for_lost() const;
  void leave() const;

  Launch launch_;
  c10::intrusive_ptr<c10d::Store> store_;
  mutable std::mutex mutex_;  // guards the store and all below
  std::string doing_ = "the start";
  std::int64_t number_ = 0;
  std::string first_was_doing_ = "the start";  // rank 0, whose end may take the store along
  std::atomic<bool> waiting_ = false;
  std::jthread thread_;
};

}  // namespace seg
