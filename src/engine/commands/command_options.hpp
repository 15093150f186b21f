// Options that several programs take: one wording and one list of values for each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/app.hpp"

namespace seg {

/// --config: a path, or a shipped recipe by name.
Option config_option(std::string* value, const std::string& help);
/// --set key=value, any number of times; `example` is one that makes sense in the program.
Option set_option(std::vector<std::string>* value, const std::string& example);
Option device_option(std::string* value);
/// --checkpoint, which must be given.
Option checkpoint_option(std::filesystem::path* value);
/// --save-predictions.
Option prediction_kind_option(std::string* value, const std::string& help);

/// For --version: LibTorch, oneDNN and OpenCV, the processor's features, and which precision `auto` is here.
std::string library_versions();

}  // namespace seg
