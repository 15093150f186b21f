// A run as one HTML page: curves, class weights and what they follow, scores of each evaluated split, configuration, how to repeat it.
//
//   The weights a class gets over time beside its recall are the picture of the recall loss: Tian et al., "Striking the right
//   balance: recall loss for semantic segmentation", ICRA 2022. A class is called rare with less than 1 % of the truth pixels
//   of the first evaluation shown (test before val).
#pragma once

#include <filesystem>
#include <string>

namespace seg {

/// From metrics.jsonl, config.yaml and eval/ of the run. Throws kData where there is no run or a report is damaged.
std::string run_page(const std::filesystem::path& directory);

/// Writes it to report.html in the directory. Throws kData, kStorage.
void write_run_page(const std::filesystem::path& directory);

}  // namespace seg
