#include "data/statistics.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <optional>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/parallel.hpp"
#include "config/print.hpp"

namespace seg {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ClassStatistics, pixels, images, pixels_of_images, ignored_pixels, image_count)

// The JSON library finds these functions in the namespace of the type. An image is [pixels, label, pixels, label, pixels, ...], which is short,
// because there may be many thousand images.

static void to_json(nlohmann::json& json, const ImageLabels& image) {
  json = nlohmann::json::array({image.pixels});
  for (const LabelCount& one : image.counts) {
    json.push_back(one.label);
    json.push_back(one.pixels);
  }
}

static void from_json(const nlohmann::json& json, ImageLabels& image) {
  image.pixels = json.at(0).get<std::int64_t>();
  for (std::size_t i = 1; i < json.size(); i += 2) image.counts.push_back({json.at(i).get<std::uint8_t>(), json.at(i + 1).get<std::int64_t>()});
}

namespace {

constexpr std::uintmax_t kMaxCacheBytes = 1 << 28;
constexpr int kFormat = 2;  // format 1, which had no number, had no counts per image

void add(const LabelHistogram& counts, LabelStatistics& statistics, ImageLabels& image) {
  const std::size_t classes = statistics.pixels.size();
  const std::int64_t valid = std::accumulate(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(classes), std::int64_t{0});
  for (std::size_t c = 0; c < classes; ++c) {
    if (counts[c] == 0) continue;
    statistics.pixels[c] += counts[c];
    statistics.images[c] += 1;
    statistics.pixels_of_images[c] += valid;
    image.counts.push_back({static_cast<std::uint8_t>(c), counts[c]});
  }
  statistics.ignored_pixels += counts[kIgnoreLabel];
  statistics.image_count += 1;
  image.pixels = valid + counts[kIgnoreLabel];
}

bool is_sound(const LabelStatistics& statistics, std::size_t classes, std::size_t images) {
  for (const auto* counts : {&statistics.pixels, &statistics.images, &statistics.pixels_of_images})
    if (counts->size() != classes || std::ranges::any_of(*counts, [](std::int64_t n) { return n < 0; })) return false;
  const auto is_sound_image = [classes](const ImageLabels& image) {
    return std::ranges::all_of(image.counts,
                               [&](const LabelCount& one) { return one.label < classes && one.pixels > 0 && one.pixels <= image.pixels; });
  };
  return statistics.by_image.size() == images && std::ranges::all_of(statistics.by_image, is_sound_image);
}

/// Nothing if the file is missing, damaged or made for other data.
std::optional<LabelStatistics> read_cache(const fs::path& file, const std::string& key, const FileDataset& dataset) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    const nlohmann::json json = nlohmann::json::parse(read_file(file, kMaxCacheBytes));
    if (json.value("format", 1) != kFormat || json.at("key").get<std::string>() != key) return std::nullopt;
    LabelStatistics statistics{json.get<ClassStatistics>(), json.at("by_image").get<std::vector<ImageLabels>>()};
    if (!is_sound(statistics, dataset.classes().size(), static_cast<std::size_t>(dataset.size()))) return std::nullopt;
    return statistics;
  } catch (const std::exception& error) {
    spdlog::warn("the statistics in {} are damaged and are counted again: {}", file.string(), error.what());
    return std::nullopt;
  }
}

void write_cache(const fs::path& file, const nlohmann::json& json) {
  try {
    if (file.has_parent_path()) make_directories(file.parent_path());
    write_file_atomic(file, json.dump() + "\n");
  } catch (const Error& error) {
    spdlog::warn("the class statistics could not be stored: {}", error.what());
  }
}

template <class Number>
void update(Digest& digest, Number value) {
  digest.update(&value, sizeof value);
}

void update(Digest& digest, const fs::path& file) {
  std::error_code error;
  digest.update(file.native());
  update(digest, static_cast<std::uint64_t>(fs::file_size(file, error)));
  update(digest, static_cast<std::int64_t>(fs::last_write_time(file, error).time_since_epoch().count()));
}

/// Identifies the data for which the cache is valid: 32 hexadecimal digits.
std::string statistics_key(const FileDataset& dataset, const DataOptions& options) {
  Digest digest;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    update(digest, dataset.pair(i).image);
    update(digest, dataset.pair(i).labels);
  }
  digest.update(digest_of(dataset.encoding()));
  update(digest, static_cast<std::uint64_t>(dataset.classes().size()));
  update(digest, dataset.max_pixels());
  digest.update(config::name_of(options.on_error, kOnErrors));
  return digest.hex();
}

}  // namespace

LabelStatistics compute_statistics(const FileDataset& dataset, const DataOptions& options) {
  const std::vector<std::int64_t> zeros(dataset.classes().size(), 0);
  LabelStatistics statistics{{zeros, zeros, zeros}, std::vector<ImageLabels>(static_cast<std::size_t>(dataset.size()))};
  std::int64_t broken = 0;
  std::mutex mutex;
  parallel_for(dataset.size(), worker_threads(options.workers), [&](std::int64_t index) {
    try {
      const LabelHistogram counts = label_histogram(dataset.read_labels(index));
      const std::lock_guard lock(mutex);
      add(counts, statistics, statistics.by_image[static_cast<std::size_t>(index)]);
    } catch (const Error& error) {
      if (!options.skip_broken() || error.kind != ErrorKind::kData) throw;
      const std::lock_guard lock(mutex);
      spdlog::warn("skipped: {}", error.what());
      if (++broken <= options.skip_budget) return;
      throw Error(ErrorKind::kData,
                  "more than data.skip_budget = " + std::to_string(options.skip_budget) + " files are broken; the last: " + error.what(),
                  "`segdata check` lists all of them");
    }
  });
  return statistics;
}

LabelStatistics cached_statistics(const FileDataset& dataset, const DataOptions& options, const fs::path& cache_file) {
  const std::string key = statistics_key(dataset, options);
  if (std::optional<LabelStatistics> cached = read_cache(cache_file, key, dataset)) return *std::move(cached);
  LabelStatistics statistics = compute_statistics(dataset, options);
  nlohmann::json json = static_cast<const ClassStatistics&>(statistics);
  json["by_image"] = statistics.by_image;
  json["format"] = kFormat;
  json["key"] = key;
  write_cache(cache_file, json);
  return statistics;
}

fs::path statistics_cache_file(const DataOptions& options) {
  DataOptions key = options;
  key.cache = CacheKind::kNone;  // caching and sampling do not change the counts
  key.cache_gb = 0.0;
  key.cache_dir.clear();
  const DataOptions usual;
  key.sampling = usual.sampling;
  key.rare_class_temperature = usual.rare_class_temperature;
  key.rare_class_share = usual.rare_class_share;
  Digest digest;
  digest.update(config::to_yaml(key));
  return user_cache_folder() / "class_statistics" / (digest.hex() + ".json");
}

}  // namespace seg
