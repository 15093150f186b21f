#include "data/check.hpp"

#include <bitset>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "data/image_io.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

/// The result of `read`; if it throws kData, adds a finding.
template <class Read>
auto attempt(const std::string& file, std::vector<Finding>& findings, const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kData) throw;
    const std::string what = error.what();
    findings.push_back({file, what.starts_with(file + ": ") ? what.substr(file.size() + 2) : what, 1});
    return std::nullopt;
  }
}

struct PairCheck {
  std::vector<Finding> findings;
  std::bitset<kMaxClasses + 1> seen;  // train ids in the labels
};

PairCheck check_pair(const FileDataset& dataset, const FilePair& pair) {
  PairCheck check;
  std::vector<Finding>& findings = check.findings;
  const std::string labels_file = pair.labels.string();
  const auto image = attempt(pair.image.string(), findings, [&] { return read_image(pair.image, dataset.max_pixels()); });
  const auto stored = attempt(labels_file, findings, [&] { return read_label_png(pair.labels, dataset.max_pixels()); });
  if (!stored) return check;
  if (image) {
    const std::string mismatch = size_mismatch(size_of(*image), stored->values);
    if (!mismatch.empty()) findings.push_back({labels_file, mismatch, 1});
  }
  const auto decoded = attempt(labels_file, findings, [&] { return to_train_ids(*stored, dataset.encoding(), labels_file); });
  if (!decoded) return check;
  for (const UnknownValue& unknown : decoded->unknown) {
    findings.push_back({labels_file, "label value " + unknown.value + " is outside the class table", unknown.pixels});
  }
  const cv::Mat& labels = decoded->labels;  // just created, so its rows are contiguous
  for (const std::uint8_t label : std::span(labels.data, labels.total())) check.seen.set(label);
  return check;
}

}  // namespace

DataCheck check_dataset(const FileDataset& dataset, std::int64_t workers) {
  std::vector<PairCheck> by_pair(static_cast<std::size_t>(dataset.size()));
  parallel_for(dataset.size(), worker_threads(workers),
               [&](std::int64_t index) { by_pair[static_cast<std::size_t>(index)] = check_pair(dataset, dataset.pair(index)); });
  DataCheck all;
  std::bitset<kMaxClasses + 1> seen;
  for (const PairCheck& check : by_pair) {
    all.findings.insert(all.findings.end(), check.findings.begin(), check.findings.end());
    seen |= check.seen;
  }
  for (std::size_t id = 0; id < dataset.classes().size(); ++id)
    if (!seen[id]) all.absent_classes.push_back(dataset.classes()[id].name);
  return all;
}

}  // namespace seg
