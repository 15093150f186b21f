// The segdata verbs that read a configuration. They show the data before training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>

#include "engine/run_config.hpp"

namespace seg {

/// Decodes every file of every split; prints each finding and their number. A missing split that training does not need is mentioned, but is not a
/// finding. Returns 0, or 3 if there is a finding.
int check_data(const RunConfig& config, std::ostream& out);

/// Prints the pixels and images of each class in the training labels, the weights of every static scheme and, with data.sampling: rare_class, the
/// number of samples drawn for each class. Also writes them as a page to `html`, unless it is empty.
void print_statistics(const RunConfig& config, const std::filesystem::path& html, std::ostream& out);

/// Writes overlays of `count` training samples after augmentation and a contact sheet of them, and prints the paths.
void preview_data(const RunConfig& config, std::int64_t count, const std::filesystem::path& output, std::ostream& out);

}  // namespace seg
