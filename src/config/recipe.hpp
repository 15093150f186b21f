// Where a configuration file is: where its name says, or among the recipes that come with the program.
#pragma once

#include <filesystem>
#include <string>

namespace seg::config {

/// `name` as seen from `folder` (empty: the working directory) or else the shipped configs/`name`; empty where there is neither.
std::filesystem::path find_recipe(const std::filesystem::path& folder, const std::filesystem::path& name);

/// What was probably meant by `name`, and written like it; empty if nothing is near.
std::string near_recipe(const std::filesystem::path& folder, const std::filesystem::path& name);

}  // namespace seg::config
