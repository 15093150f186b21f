// A run as one HTML page: curves, class weights with their recalls or IoUs, scores of each evaluated split, configuration, how to repeat it.
//
//   The weight of each class over time beside its recall shows how the recall loss works: Tian et al., "Striking the right
//   balance: recall loss for semantic segmentation", ICRA 2022. A class is rare if it has less than 1 % of the ground-truth pixels
//   of the first evaluation on the page (test before val).
#pragma once

#include <filesystem>
#include <string>

namespace seg {

/// Made from metrics.jsonl, config.yaml and eval/ of the run. Throws kData if there is no run or a report is damaged.
std::string run_page(const std::filesystem::path& directory);

/// Writes it to report.html in the directory. Throws kData, kStorage.
void write_run_page(const std::filesystem::path& directory);

}  // namespace seg
