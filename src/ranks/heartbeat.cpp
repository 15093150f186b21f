#include "ranks/heartbeat.hpp"

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "base/error.hpp"

namespace seg {
namespace {

constexpr std::chrono::milliseconds kInterval{500};
constexpr std::chrono::milliseconds kStopped{2500};  // a rank whose counter does not change for this time is lost
constexpr std::chrono::milliseconds kGrace{5000};    // time in which a rank must end by itself after another was lost

const std::string kLost = "lost";

std::string key_of(std::int64_t rank) { return "heartbeat/" + std::to_string(rank); }

std::string left_key_of(std::int64_t rank) { return "left/" + std::to_string(rank); }

}  // namespace

Heartbeat::Heartbeat(const Launch& launch, c10::intrusive_ptr<c10d::Store> store)
    : launch_(launch), store_(std::move(store)), thread_([this](const std::stop_token& stop) { beat(stop); }) {}

Heartbeat::~Heartbeat() {
  thread_.request_stop();
  thread_.join();
  leave();
}

/// Rank 0, which has the store, leaves last, so that the others can still read which rank is lost; also, newer LibTorch versions print a warning on
/// each rank that calls a closed store.
void Heartbeat::leave() const {
  try {
    if (launch_.rank != 0) return set(left_key_of(launch_.rank), "1");
    const auto until = std::chrono::steady_clock::now() + kStopped;
    for (std::int64_t rank = 1; rank < launch_.world_size; ++rank)
      while (!get(left_key_of(rank)) && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } catch (const std::exception&) {
    // Without a store there is nothing to wait for.
  }
}

void Heartbeat::set(const std::string& key, const std::string& value) const {
  store_->set(key, std::vector<std::uint8_t>(value.begin(), value.end()));
}

std::optional<std::string> Heartbeat::get(const std::string& key) const {
  if (!store_->check({key})) return std::nullopt;
  const std::vector<std::uint8_t> value = store_->get(key);
  return std::string(value.begin(), value.end());
}

void Heartbeat::doing(const std::string& what) {
  const std::lock_guard lock(mutex_);
  doing_ = what;
}

void Heartbeat::beat(const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any sleep;
  std::optional<std::chrono::steady_clock::time_point> ended_by;
  while (!stop.stop_requested()) {
    try {
      const std::lock_guard lock(mutex_);
      tell();
      if (!ended_by && get(kLost)) ended_by = std::chrono::steady_clock::now() + kGrace;
    } catch (const std::exception&) {
      // The store is gone with rank 0: the next call with the others will fail and report it.
    }
    if (ended_by && std::chrono::steady_clock::now() > *ended_by) {
      std::cerr << "error: rank " << launch_.rank << " is terminated: another rank is lost, and this one did not reach its next call with the others"
                << std::endl;
      std::_Exit(static_cast<int>(ErrorKind::kRanks));
    }
    std::unique_lock lock(sleeping);
    sleep.wait_for(lock, stop, kInterval, [] { return false; });
  }
}

/// Call with the mutex held.
void Heartbeat::tell() {
  set(key_of(launch_.rank), std::to_string(++number_) + " " + (waiting_ ? "1" : "0") + " " + doing_);
  if (const auto first = read(0)) first_was_doing_ = first->doing;
}

std::optional<Heartbeat::Beat> Heartbeat::read(std::int64_t rank) const {
  const auto text = get(key_of(rank));
  if (!text) return std::nullopt;
  Beat beat;
  std::istringstream words(*text);
  words >> beat.number >> beat.waiting;
  std::getline(words >> std::ws, beat.doing);
  return beat;
}

std::vector<Heartbeat::Beat> Heartbeat::beats() const {
  const std::lock_guard lock(mutex_);
  std::vector<Beat> beats;
  for (std::int64_t rank = 0; rank < launch_.world_size; ++rank) beats.push_back(read(rank).value_or(Beat{}));
  return beats;
}

std::optional<std::string> Heartbeat::known() const {
  const std::lock_guard lock(mutex_);
  return get(kLost);
}

std::string Heartbeat::look_for_lost() const {
  if (const auto text = known()) return *text;
  const std::vector<Beat> before = beats();
  std::this_thread::sleep_for(kStopped);  // this rank's own heartbeat continues in the meantime
  if (const auto text = known()) return *text;
  const std::vector<Beat> now = beats();
  std::string busy;
  for (std::size_t rank = 0; rank < now.size(); ++rank) {
    const bool gone = now[rank].number == before[rank].number, own = static_cast<std::int64_t>(rank) == launch_.rank;
    std::ostringstream text;
    text << "rank " << rank << (gone ? " is lost; it was last at " : " is alive, but does not reach its next call with the others; it is at ")
         << (now[rank].doing.empty() ? "the start" : now[rank].doing);
    if (gone) {
      const std::lock_guard lock(mutex_);
      set(left_key_of(static_cast<std::int64_t>(rank)), "1");  // so that nobody waits for it
      return text.str();
    }
    if (!own && !now[rank].waiting && busy.empty()) busy = text.str();
  }
  return busy.empty() ? "the ranks cannot reach each other" : busy;
}

std::string Heartbeat::lost() {
  try {
    std::string found = look_for_lost();
    const std::lock_guard lock(mutex_);
    set(kLost, found);
    return found;
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    return "rank 0 is lost; it was last at " + first_was_doing_;
  }
}

}  // namespace seg
