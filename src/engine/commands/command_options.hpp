// Options that several programs share, each with one help text and one list of values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/app.hpp"

namespace seg {

/// --config: a path, or a shipped recipe by name.
Option config_option(std::string* value, const std::string& help);
/// --set key=value, any number of times; `example` is a setting that makes sense for the program.
Option set_option(std::vector<std::string>* value, const std::string& example);
Option device_option(std::string* value);
/// --checkpoint, a required option.
Option checkpoint_option(std::filesystem::path* value);
/// --save-predictions.
Option prediction_kind_option(std::string* value, const std::string& help);

/// For --version: LibTorch, oneDNN and OpenCV, the processor's features, and the precision that `auto` selects on this machine.
std::string library_versions();

}  // namespace seg
