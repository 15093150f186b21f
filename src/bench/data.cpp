#include <algorithm>

#include "base/error.hpp"
#include "bench/bench.hpp"
#include "config/text.hpp"
#include "data/cache/cache.hpp"
#include "data/collate.hpp"
#include "engine/training/trainer.hpp"

namespace seg {

namespace {

/// Times of the parts of loading one image on one thread.
void add_one_image(BenchReport& report, const Dataset& set, const SampleTransform& transform, std::int64_t images) {
  std::vector<double> decode, augment, stack;
  for (std::int64_t i = 0; i < images; ++i) {
    Sample sample;
    decode.push_back(seconds_of([&] { sample = set.get(i % set.size()); }));
    augment.push_back(seconds_of([&] { sample = transform(std::move(sample), static_cast<std::uint64_t>(i)); }));
    stack.push_back(seconds_of([&] { collate({sample}); }));
  }
  report.add_times("one_image", "decode", decode);
  report.add_times("one_image", "augment", augment);
  report.add_times("one_image", "stack", stack);
}

std::vector<std::string> chosen_caches(const std::vector<std::string>& asked) {
  const std::vector<std::string>& all = cache_kinds();
  for (const std::string& kind : asked) {
    if (std::find(all.begin(), all.end(), kind) == all.end())
      throw Error(ErrorKind::kConfiguration, "--cache " + kind + ": unknown cache", "use one of " + config::joined(all));
  }
  return asked.empty() ? all : asked;
}

}  // namespace

const std::vector<std::string>& cache_kinds() {
  static const std::vector<std::string> kinds = config::texts_of(kCacheKinds);
  return kinds;
}

BenchReport bench_data(const DataBench& bench) {
  const std::vector<std::string> kinds = chosen_caches(bench.caches);
  const BenchSetup setup(bench.source);
  const auto experiment = setup.build();
  const RunConfig& config = experiment->config;
  const FileDataset& files = *experiment->train_set;
  std::vector<std::shared_ptr<const Dataset>> cached;  // null without a cache
  for (const std::string& kind : kinds) {
    DataOptions data = config.data;
    data.cache = config::value_of(kind, kCacheKinds);
    auto cache = open_cache(data, {&files}, data.cache_dir);
    cached.push_back(cache ? std::make_shared<CachedDataset>(experiment->train_set, std::move(cache)) : nullptr);
  }

  LoaderOptions options = training_loader(*experiment, 0);
  options.batches = std::clamp<std::int64_t>(files.size() / options.batch_size, 1, bench.batches);
  std::vector<std::function<void()>> passes;
  for (const auto& dataset : cached) {
    passes.emplace_back([&, set = dataset ? dataset : experiment->train_set] {
      DataLoader loader(set, experiment->transform, options);
      while (const auto samples = loader.next()) collate(*samples);
    });
  }
  const auto seconds = measure_in_turn(bench.passes, passes);

  BenchReport report("data");
  report.fact("data", config.data.dataset + ", " + std::to_string(files.size()) + " training images");
  report.fact("size", to_string(config.data.size));
  report.fact("augment.crop", config.augment.crop);
  report.fact("workers", options.workers);
  report.fact("batch", options.batch_size);
  report.fact("batches a pass", options.batches);
  const auto images = static_cast<double>(options.batches * options.batch_size);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (cached[i] || config::value_of(kinds[i], kCacheKinds) == CacheKind::kNone)
      report.add("cache_" + kinds[i], "images_per_second", measurement_of(rates(seconds[i], images)), "1/s");
    else  // the log says why
      report.add("cache_" + kinds[i], "images_per_second", std::nullopt, "1/s");
  }
  add_one_image(report, files, experiment->transform, 5 * bench.passes.runs);
  report.add("memory", "peak_resident", static_cast<double>(peak_resident_bytes()) / kMegabyte, "MB");
  return report;
}

}  // namespace seg
