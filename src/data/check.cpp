#include "data/check.hpp"

#include <functional>
#include <optional>

#include "base/error.hpp"
#include "data/image_io.hpp"
#include "data/parallel.hpp"

namespace seg {
namespace {

/// What `read` gives; if it throws kData, a finding.
template <class Result>
std::optional<Result> attempt(const std::string& file, std::vector<Finding>& findings, const std::function<Result()>& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kData) throw;
    const std::string what = error.what();
    findings.push_back({file, what.starts_with(file + ": ") ? what.substr(file.size() + 2) : what, 1});
    return std::nullopt;
  }
}

std::vector<Finding> check_pair(const FileDataset& dataset, const FilePair& pair) {
  std::vector<Finding> findings;
  const std::string labels_file = pair.labels.string();
  const auto image = attempt<cv::Mat>(pair.image.string(), findings, [&] { return read_image(pair.image, dataset.max_pixels()); });
  const auto stored = attempt<StoredLabels>(labels_file, findings, [&] { return read_label_png(pair.labels, dataset.max_pixels()); });
  if (!stored) return findings;
  if (image) {
    const std::string mismatch = size_mismatch({image->rows, image->cols}, stored->values);
    if (!mismatch.empty()) findings.push_back({labels_file, mismatch, 1});
  }
  const auto decoded = attempt<TrainIds>(labels_file, findings, [&] { return to_train_ids(*stored, dataset.encoding(), labels_file); });
  if (!decoded) return findings;
  for (const UnknownValue& unknown : decoded->unknown) {
    findings.push_back({labels_file, "label value " + unknown.value + " is outside the class table", unknown.pixels});
  }
  return findings;
}

}  // namespace

std::vector<Finding> check_dataset(const FileDataset& dataset, std::int64_t workers) {
  std::vector<std::vector<Finding>> by_pair(static_cast<std::size_t>(dataset.size()));
  parallel_for(dataset.size(), worker_threads(workers),
               [&](std::int64_t index) { by_pair[static_cast<std::size_t>(index)] = check_pair(dataset, dataset.pair(index)); });
  std::vector<Finding> all;
  for (const std::vector<Finding>& findings : by_pair) all.insert(all.end(), findings.begin(), findings.end());
  return all;
}

}  // namespace seg
