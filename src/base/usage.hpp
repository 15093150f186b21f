// What is wrong with a command line, in words for the one who typed it.
#pragma once

#include <string>
#include <vector>

#include "base/app.hpp"
#include "base/error.hpp"

namespace seg {

/// The error (kConfiguration) of a command line that does not fit the program's table. words: what was typed behind the program's name;
/// told: the parser's own words, for what is not found here.
Error usage_error(const Program& program, const std::vector<std::string>& words, const std::string& told);

}  // namespace seg
