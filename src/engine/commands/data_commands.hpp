// The verbs of segdata that read a configuration: what a user looks at before training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>

#include "engine/run_config.hpp"

namespace seg {

/// Decodes every file of every split; prints each finding and a sum. A split that training does without may be missing: that is said, and
/// no finding. Returns 0, or 3 if there is a finding.
int check_data(const RunConfig& config, std::ostream& out);

/// Prints pixels and images of each class in the training labels, the weights of every static scheme and, with data.sampling: rare_class, for how
/// many of the samples a class is drawn; writes them to `html` as a page, unless it is empty.
void print_statistics(const RunConfig& config, const std::filesystem::path& html, std::ostream& out);

/// Writes overlays of `count` training samples after augmentation and their contact sheet, and prints their paths.
void preview_data(const RunConfig& config, std::int64_t count, const std::filesystem::path& output, std::ostream& out);

}  // namespace seg
