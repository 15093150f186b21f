#include "engine/commands/data_commands.hpp"

#include <algorithm>
#include <ostream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/text.hpp"
#include "data/augment/transforms.hpp"
#include "data/check.hpp"
#include "data/dataset_registry.hpp"
#include "data/drawing/preview.hpp"
#include "data/listing.hpp"
#include "data/sampling.hpp"
#include "data/splits.hpp"
#include "data/statistics.hpp"
#include "losses/class_weighting/weighting_registry.hpp"
#include "report/pages/statistics_page.hpp"

namespace seg {

namespace {

/// Null if the data has no such split and training does not need it: a test split, and any split that split_names leaves out.
std::unique_ptr<FileDataset> open_if_needed(const DataOptions& data, const std::string& split) {
  const std::vector<std::string> splits = split_names(data);
  if (split != "train" && std::find(splits.begin(), splits.end(), split) == splits.end()) return nullptr;
  try {
    return open_files(data, split);
  } catch (const MissingFolder&) {
    if (split != "test") throw;
    return nullptr;
  }
}

}  // namespace

int check_data(const RunConfig& config, std::ostream& out) {
  std::size_t findings = 0;
  for (const std::string& split : all_splits()) {
    const auto dataset = open_if_needed(config.data, split);
    if (!dataset) {
      out << split << ": not found, skipped (training does not need it)\n";
      continue;
    }
    const auto [found, absent] = check_dataset(*dataset, config.data.workers);
    for (const Finding& finding : found)
      out << finding.file << ": " << finding.defect << (finding.count > 1 ? " (" + std::to_string(finding.count) + " pixels)" : "") << '\n';
    out << split << ": " << dataset->size() << " images, " << found.size() << " findings\n";
    if (!absent.empty() && split == "train")
      out << "train: no pixel of " << absent.size() << " of the " << dataset->classes().size() << " classes: " << config::joined(absent)
          << " (many classes are absent: is this the class table of another data set?)\n";
    findings += found.size();
  }
  return findings == 0 ? 0 : static_cast<int>(ErrorKind::kData);
}

void print_statistics(const RunConfig& config, const std::filesystem::path& html, std::ostream& out) {
  const auto dataset = open_files(config.data, "train");
  const LabelStatistics statistics = cached_statistics(*dataset, config.data, statistics_cache_file(config.data));
  DataSummary summary{.title = config.data.dataset + ": the classes in training",
                      .class_names = names_of(dataset->classes()),
                      .pixels = statistics.pixels,
                      .images = statistics.images,
                      .image_count = statistics.image_count,
                      .ignored_pixels = statistics.ignored_pixels,
                      .sampled = {},
                      .weights = {}};
  if (const auto sampling = make_sampling(statistics, config.data, config.augment.crop)) {
    for (std::size_t c = 0; c < summary.class_names.size(); ++c)
      summary.sampled.push_back(
          {static_cast<std::int64_t>(sampling->images()[c].size()), sampling->probabilities()[c], sampling->sampled_shares()[c]});
  }
  for (const std::string& scheme : static_weighting_names())
    if (weighting_needs_statistics(scheme)) summary.weights.emplace_back(scheme, counted_weights(scheme, statistics));
  out << statistics_text(summary);
  if (html.empty()) return;
  if (html.has_parent_path()) make_directories(html.parent_path());
  write_file_atomic(html, statistics_page(summary));
  out << "page: " << html.string() << '\n';
}

void preview_data(const RunConfig& config, std::int64_t count, const std::filesystem::path& output, std::ostream& out) {
  const auto dataset = open_files(config.data, "train", training_frame(config));
  const SampleTransform transform = training_transform(config.augment, config.data.size, dataset->classes(), config.model.input);
  std::shared_ptr<const RareClassSampling> sampling;
  if (config.data.sampling != Sampling::kUniform)
    sampling = make_sampling(cached_statistics(*dataset, config.data, statistics_cache_file(config.data)), config.data, config.augment.crop);
  for (const auto& file : write_preview(*dataset, transform, count, static_cast<std::uint64_t>(config.train.seed), output, sampling.get()))
    out << file.string() << '\n';
}

}  // namespace seg
