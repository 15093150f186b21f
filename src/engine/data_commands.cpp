#include "engine/data_commands.hpp"

#include <cmath>
#include <ostream>

#include "base/error.hpp"
#include "config/text.hpp"
#include "data/check.hpp"
#include "data/preview.hpp"
#include "data/statistics.hpp"
#include "engine/experiment.hpp"
#include "losses/class_weighting/class_weighting.hpp"
#include "report/text.hpp"

namespace seg {

int check_data(const RunConfig& config, std::ostream& out) {
  std::size_t findings = 0;
  if (split_names(config.data).empty()) open_files(config.data, "train");  // says what is missing
  for (const std::string& split : split_names(config.data)) {
    const auto dataset = open_files(config.data, split);
    const auto [found, absent] = check_dataset(*dataset, loader_workers(config.data));
    for (const Finding& finding : found)
      out << finding.file << ": " << finding.defect << (finding.count > 1 ? " (" + std::to_string(finding.count) + " pixels)" : "") << '\n';
    out << split << ": " << dataset->size() << " images, " << found.size() << " findings\n";
    if (!absent.empty() && split == "train")
      out << "train: no pixel of " << absent.size() << " of the " << dataset->classes().size() << " classes: " << config::joined(absent)
          << " (many: is it another data set's class table?)\n";
    findings += found.size();
  }
  return findings == 0 ? 0 : static_cast<int>(ErrorKind::kData);
}

void print_statistics(const RunConfig& config, std::ostream& out) {
  const auto dataset = open_files(config.data, "train");
  const ClassStatistics statistics = cached_statistics(*dataset, config.data, statistics_cache_file(config.data));
  double valid = 0;
  for (const std::int64_t pixels : statistics.pixels) valid += static_cast<double>(pixels);
  TextTable table{{"class", "pixels", "share %", "images"}, {}};
  for (std::size_t id = 0; id < dataset->classes().size(); ++id)
    table.rows.push_back({dataset->classes()[id].name, std::to_string(statistics.pixels[id]),
                          percent(valid > 0 ? static_cast<double>(statistics.pixels[id]) / valid : 0, 3), std::to_string(statistics.images[id])});
  for (const std::string& scheme : static_weighting_names()) {
    if (!weighting_needs_statistics(scheme)) continue;
    table.header.push_back(scheme);
    const std::vector<double> weights = counted_weights(scheme, statistics);
    for (std::size_t id = 0; id < weights.size(); ++id) table.rows[id].push_back(fixed(weights[id], 4));
  }
  out << table.plain() << statistics.image_count << " training images, " << statistics.ignored_pixels << " ignored pixels\n";
}

void preview_data(const RunConfig& config, std::int64_t count, const std::filesystem::path& output, std::ostream& out) {
  const auto dataset = open_files(config.data, "train", training_frame(config.augment, config.data.size));
  const SampleTransform transform = training_transform(config.augment, config.data.size, dataset->classes());
  for (const auto& file : write_preview(*dataset, transform, count, static_cast<std::uint64_t>(config.train.seed), dataset->classes(), output))
    out << file.string() << '\n';
}

}  // namespace seg
