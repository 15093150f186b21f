// Publishes in the store what each rank is doing as long as it is alive, so that the others can report which rank was lost, and what it was doing.
//
// Twice a second a thread writes "heartbeat/RANK": a growing counter, whether the rank waits for the others, and what it is doing. The rank that
// finds another one lost writes its name to "lost". A rank that reads it and has not ended some seconds later is terminated.
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
  /// `store`: a separate connection, since calls on a shared one may wait.
  Heartbeat(const Launch& launch, c10::intrusive_ptr<c10d::Store> store);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// "step 17", "the validation of step 20".
  void doing(const std::string& what);
  void waits(bool waiting) { waiting_ = waiting; }
  /// Call after a call with the others has failed. Returns "rank 2 is lost; it was last at step 17". Takes some seconds.
  std::string lost();

 private:
  struct Beat {
    std::int64_t number = 0;
    bool waiting = false;
    std::string doing;
  };

  // Both throw if the store is gone.
  void set(const std::string& key, const std::string& value) const;
  std::optional<std::string> get(const std::string& key) const;  // nothing if the key does not exist; never waits
  void beat(const std::stop_token& stop);
  void tell();
  std::optional<Beat> read(std::int64_t rank) const;
  std::vector<Beat> beats() const;  // of all ranks
  std::optional<std::string> known() const;
  std::string look_for_lost() const;
  void leave() const;

  Launch launch_;
  c10::intrusive_ptr<c10d::Store> store_;
  mutable std::mutex mutex_;  // guards the store and all members below
  std::string doing_ = "the start";
  std::int64_t number_ = 0;
  std::string first_was_doing_ = "the start";  // of rank 0, because the store may end with it
  std::atomic<bool> waiting_ = false;
  std::jthread thread_;
};

}  // namespace seg
