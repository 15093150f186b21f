#include "data/loader.hpp"

#include <opencv2/core/utility.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "data/sampling.hpp"

namespace seg {
namespace {

using Order = std::vector<Draw>;
using Clock = std::chrono::steady_clock;

void require(bool good, const std::string& what, const std::string& hint) {
  if (!good) throw Error(ErrorKind::kConfiguration, what, hint);
}

/// Called before any member uses the numbers.
const LoaderOptions& checked(const LoaderOptions& options) {
  require(options.batch_size > 0, "a batch needs at least one sample, but has " + std::to_string(options.batch_size),
          "set train.batch_size to 1 or more");
  require(options.parts > 0 && options.batch_size % options.parts == 0,
          "a batch of " + std::to_string(options.batch_size) + " cannot be split into " + std::to_string(options.parts) + " parts",
          "set train.batch_size to a multiple of the number of processes");
  require(options.workers >= 0, "the loader cannot have " + std::to_string(options.workers) + " workers", "set data.workers to 0 or more");
  require(options.prefetch > 0 && options.first_batch >= 0, "the loader needs prefetch >= 1 and first_batch >= 0", "");
  return options;
}

[[noreturn]] void throw_budget(const std::map<std::int64_t, std::string>& skipped, std::int64_t budget) {
  constexpr int kShown = 3;
  std::string message = "more than " + std::to_string(budget) + " broken files";
  int shown = 0;
  for (const auto& [index, what] : skipped) {
    if (shown++ == kShown) break;
    message += (shown == 1 ? ": " : "; ") + what;
  }
  throw Error(ErrorKind::kData, message, "run 'segdata check' for the full list; repair the files or raise data.skip_budget");
}

}  // namespace

struct DataLoader::Pool {
  /// A worker's result for one place in a batch.
  struct Loaded {
    std::optional<Sample> sample;                // nothing if a broken sample is left out
    std::map<std::int64_t, std::string> broken;  // index -> message of broken samples found before this one
    std::exception_ptr error;                    // ends the run
    bool done = false;
  };

  /// A batch in preparation. Its places are taken in order, so all places before a failed one are finished or running.
  struct Pending {
    std::int64_t epoch = 0;
    std::shared_ptr<const Order> order;  // of the whole epoch
    std::int64_t first = 0;              // of this batch in `order`
    std::vector<Loaded> places;
    std::vector<Clock::time_point> begun;  // start times of the places taken
    std::size_t taken = 0;
    std::size_t finished = 0;

    bool all_taken() const { return taken == places.size(); }
    bool idle() const { return finished == taken; }
  };

  Pool(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const LoaderOptions& options);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The loop of a worker, until `stop`.
  void work(const std::stop_token& stop);
  std::optional<std::vector<Sample>> next();
  std::vector<std::string> skipped_messages();
  /// Whether a stuck worker was abandoned.
  bool stuck() const { return stuck_; }

  const std::shared_ptr<const Dataset> dataset;  // an abandoned worker may still read it after the loader's end
  const SampleTransform transform;
  const LoaderOptions options;
  const std::int64_t size;       // samples per epoch
  const std::int64_t per_epoch;  // batches per epoch

 private:
  bool can_take() const;
  void wait_for(std::unique_lock<std::mutex>& lock);
  void check_time(const Pending& batch);
  void open_batch();
  std::shared_ptr<const Order> order_of(std::int64_t epoch) const;
  Loaded load(const Order& order, std::int64_t epoch, std::int64_t position) const;
  void read(const Order& order, std::int64_t epoch, std::int64_t position, Loaded& loaded) const;
  std::vector<Sample> hand_out(Pending& batch);

  std::mutex mutex;                             // guards all members below
  std::map<std::int64_t, std::string> skipped;  // index -> message, for the batches returned so far
  std::condition_variable_any work_waits;
  std::condition_variable next_waits;
  std::deque<Pending> ahead;  // a deque: references stay valid while it grows at the end and shrinks at the front
  std::int64_t opened;        // number of the next batch to open, over all epochs
  const std::int64_t end;     // one past the last
  bool failed = false;        // no more places are taken
  std::atomic<bool> stuck_ = false;
};

DataLoader::Pool::Pool(std::shared_ptr<const Dataset> dataset_, SampleTransform transform_, const LoaderOptions& options_)
    : dataset(std::move(dataset_)),
      transform(std::move(transform_)),
      options(checked(options_)),
      size(dataset->size()),
      per_epoch(options.drop_last ? size / options.batch_size : (size + options.batch_size - 1) / options.batch_size),
      opened(options.first_batch),
      end(options.first_batch + (options.batches < 0 ? per_epoch : options.batches)) {
  if (size == 0) throw Error(ErrorKind::kData, "the data set has no samples", "check data.root and the split");
  require(per_epoch > 0,
          "a batch of " + std::to_string(options.batch_size) + " is larger than the training set of " + std::to_string(size) + " images",
          "set train.batch_size to " + std::to_string(size) + " or less, or add images");
}

bool DataLoader::Pool::can_take() const {
  if (failed) return false;
  if (!ahead.empty() && !ahead.back().all_taken()) return true;
  return opened < end && std::ssize(ahead) < options.prefetch;
}

std::shared_ptr<const Order> DataLoader::Pool::order_of(std::int64_t epoch) const {
  if (!ahead.empty() && ahead.back().epoch == epoch) return ahead.back().order;
  const auto number = static_cast<std::uint64_t>(epoch);
  std::vector<std::int64_t> shuffled;
  if (options.shuffle) shuffled = Random(seed_of({options.seed, number})).permutation(size);
  Order order;
  for (std::int64_t place = 0; place < size; ++place) {
    if (options.sampling) {
      order.push_back(options.sampling->draw(seed_of({options.seed, number, static_cast<std::uint64_t>(place)}), place));
      continue;
    }
    const std::int64_t index = options.shuffle ? shuffled[static_cast<std::size_t>(place)] : place;
    order.push_back({index, static_cast<std::uint64_t>(index)});
  }
  return std::make_shared<const Order>(std::move(order));
}

void DataLoader::Pool::open_batch() {
  Pending batch;
  batch.epoch = opened / per_epoch;
  batch.order = order_of(batch.epoch);
  const std::int64_t places = options.batch_size / options.parts;
  batch.first = opened % per_epoch * options.batch_size + options.part * places;
  batch.places.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(size - batch.first, 0, places)));
  batch.begun.resize(batch.places.size());
  ahead.push_back(std::move(batch));
  ++opened;
}

/// Takes the next place, loads it without holding the lock, stores the result.
void DataLoader::Pool::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (work_waits.wait(lock, stop, [this] { return can_take(); }) && !stop.stop_requested()) {
    if (ahead.empty() || ahead.back().all_taken()) open_batch();
    Pending& batch = ahead.back();
    const std::size_t place = batch.taken++;
    batch.begun[place] = Clock::now();
    lock.unlock();
    Loaded loaded = load(*batch.order, batch.epoch, batch.first + static_cast<std::int64_t>(place));
    lock.lock();
    if (loaded.error) failed = true;
    loaded.done = true;
    batch.places[place] = std::move(loaded);
    ++batch.finished;
    if (batch.idle() && (failed || batch.all_taken())) next_waits.notify_all();
  }
}

auto DataLoader::Pool::load(const Order& order, std::int64_t epoch, std::int64_t position) const -> Loaded {
  Loaded loaded;
  try {
    read(order, epoch, position, loaded);
  } catch (...) {
    loaded.error = std::current_exception();
  }
  return loaded;
}

/// Reads the sample at `position`. If it is broken and may be skipped, reads in training the next intact sample in the epoch's order.
void DataLoader::Pool::read(const Order& order, std::int64_t epoch, std::int64_t position, Loaded& loaded) const {
  for (std::int64_t step = 0; step < size; ++step) {
    const auto& [index, number, wanted] = order[static_cast<std::size_t>((position + step) % size)];
    try {
      Sample sample = dataset->get(index);
      sample.wanted = wanted;
      loaded.sample =
          transform ? transform(std::move(sample), seed_of({options.seed, static_cast<std::uint64_t>(epoch), number})) : std::move(sample);
      return;
    } catch (const Error& error) {
      if (error.kind != ErrorKind::kData || !options.skip_broken) throw;
      loaded.broken.emplace(index, error.what());
      // The budget is checked when the batch is returned; if it is already exceeded, the run will end there.
      if (!options.drop_last || std::ssize(loaded.broken) > options.skip_budget) return;
    }
  }
  throw Error(ErrorKind::kData, "every sample of the training set is broken; the first: " + loaded.broken.begin()->second, "run 'segdata check'");
}

std::optional<std::vector<Sample>> DataLoader::Pool::next() {
  std::unique_lock lock(mutex);
  while (!ahead.empty() || opened < end) {
    wait_for(lock);
    std::vector<Sample> samples = hand_out(ahead.front());
    ahead.pop_front();
    work_waits.notify_all();
    if (!samples.empty()) return samples;
  }
  return std::nullopt;
}

/// Waits until the first batch is ready.
void DataLoader::Pool::wait_for(std::unique_lock<std::mutex>& lock) {
  const auto ready = [this] { return !ahead.empty() && ahead.front().idle() && (failed || ahead.front().all_taken()); };
  if (options.timeout_s <= 0.0) {
    next_waits.wait(lock, ready);
    return;
  }
  while (!next_waits.wait_for(lock, std::chrono::duration<double>(std::min(options.timeout_s, 1.0)), ready))
    if (!ahead.empty()) check_time(ahead.front());
}

/// Throws if a worker has spent too long on one sample of `batch`.
void DataLoader::Pool::check_time(const Pending& batch) {
  for (std::size_t place = 0; place < batch.taken; ++place) {
    const std::chrono::duration<double> taken = Clock::now() - batch.begun[place];
    if (batch.places[place].done || taken.count() <= options.timeout_s) continue;
    failed = true;
    stuck_ = true;
    const std::int64_t index = (*batch.order)[static_cast<std::size_t>((batch.first + static_cast<std::int64_t>(place)) % size)].index;
    throw Error(ErrorKind::kData,
                dataset->id(index) + ": reading it takes longer than data.timeout_s, " + std::to_string(std::lround(options.timeout_s)) + " seconds",
                "check the disk or network with data.root; raise data.timeout_s if it is only slow");
  }
}

std::vector<std::string> DataLoader::Pool::skipped_messages() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> messages;
  for (const auto& [index, what] : skipped) messages.push_back(what);
  return messages;
}

/// Handles errors and the budget in the order of the batches, so that the workers' timing has no effect.
std::vector<Sample> DataLoader::Pool::hand_out(Pending& batch) {
  std::vector<Sample> samples;
  for (Loaded& loaded : batch.places) {
    skipped.insert(loaded.broken.begin(), loaded.broken.end());
    if (loaded.error || std::ssize(skipped) > options.skip_budget) failed = true;
    if (loaded.error) std::rethrow_exception(loaded.error);
    if (std::ssize(skipped) > options.skip_budget) throw_budget(skipped, options.skip_budget);
    if (loaded.sample) samples.push_back(std::move(*loaded.sample));
  }
  return samples;
}

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const LoaderOptions& options)
    : pool_(std::make_shared<Pool>(std::move(dataset), std::move(transform), options)) {
  cv::setNumThreads(1);  // the pool provides the parallelism; OpenCV's own threads would only compete with it
  const std::int64_t workers = worker_threads(options.workers);
  for (std::int64_t i = 0; i < workers; ++i) threads_.emplace_back([pool = pool_](const std::stop_token& stop) { pool->work(stop); });
}

DataLoader::~DataLoader() {
  for (std::jthread& thread : threads_) thread.request_stop();
  if (!pool_->stuck()) return;
  for (std::jthread& thread : threads_) thread.detach();
}

std::optional<std::vector<Sample>> DataLoader::next() { return pool_->next(); }

std::vector<std::string> DataLoader::skipped() const { return pool_->skipped_messages(); }

}  // namespace seg
